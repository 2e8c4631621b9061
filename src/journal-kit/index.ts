/** Building blocks for authors of journals. `public.ts` exports the part for authors outside this package. */

// Reading: option checks, an iteration that yields to the event loop, and the entry that readers receive.
export { EntrySequence, assertReadOptions, assertVerifyOptions } from './reading.js';
export { StoredEntry } from './stored-entry.js';
export { adviceOnArchived, firstEntryFrom, storedCrcAt } from './archived-entries.js';
export { ENTRY_OVERHEAD_BYTES, entrySizeBytes } from './entry-size.js';

// Following: the listeners of a journal, and the subscription that uses them.
export { AdvanceListeners, PoisonListeners } from './listeners.js';
export { subscribeTo } from './subscription-reader.js';
export type { SubscribableJournal } from './subscription-source.js';
