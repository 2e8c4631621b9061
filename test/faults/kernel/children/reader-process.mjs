// The same in a process of its own; stdin closing is the signal to stop.
import { watchJournal } from './watch-journal.mjs';

let stopped = false;
process.stdin.on('end', () => (stopped = true)).resume();
console.log(JSON.stringify(await watchJournal(JSON.parse(process.argv[2]), () => stopped)));
