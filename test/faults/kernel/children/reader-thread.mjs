// Reads the journal repeatedly in a worker thread. When it receives a message, it posts what it has read.
import { parentPort, workerData } from 'node:worker_threads';
import { watchJournal } from './watch-journal.mjs';

let stopped = false;
parentPort.on('message', () => (stopped = true));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const post = (message) => parentPort.postMessage(message);
post(
  await watchJournal(
    workerData,
    () => stopped,
    () => post('enough'),
  ),
);
process.exit(0);
