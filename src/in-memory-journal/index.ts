/** A journal in memory, with the contract of the file journal, for tests, prototypes and read models. */
export { InMemoryJournal } from './in-memory-journal.js';
export type { InitialEntry } from './initial-entry.js';
export type { InMemoryJournalOptions } from './options.js';
export { entryCrc } from './memory-record.js';
