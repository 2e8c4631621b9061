/** Builds a journal: `fill-journal.js DIRECTORY BYTES`. */
import { EventSource } from './harness/events.js';
import { fillJournal } from './harness/journals.js';

const [directory = '', bytes = ''] = process.argv.slice(2);
await fillJournal(directory, Number(bytes), new EventSource());
