// Follows the journal in a separate process until stdin closes.
import { watchJournal } from './watch-journal.mjs';

let stopped = false;
process.stdin.on('end', () => (stopped = true)).resume();
const seen = await watchJournal(
  JSON.parse(process.argv[2]),
  () => stopped,
  () => console.log('enough'),
);
console.log(JSON.stringify(seen));
