// Reads the journal again and again in a worker thread, until it is told to stop; then says what it saw.
import { parentPort, workerData } from 'node:worker_threads';
import { watchJournal } from './watch-journal.mjs';

let stopped = false;
parentPort.on('message', () => (stopped = true));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort.postMessage(await watchJournal(workerData, () => stopped));
process.exit(0);
