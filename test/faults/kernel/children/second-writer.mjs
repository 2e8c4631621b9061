// Tries to open the journal for writing in a worker thread, and posts the result.
import { parentPort, workerData } from 'node:worker_threads';
import { FileJournal } from '../../../../dist/modules/esm/file-journal/index.js';

let said;
try {
  const journal = await FileJournal.open(workerData);
  await journal.close();
  said = 'opened';
} catch (error) {
  said = error.code;
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort.postMessage(said);
