/**
 * What the author of a journal builds it from; `public.ts` is the part for authors outside of the package.
 */

// Reading: checked options, an iteration that yields to the event loop, the entry that readers get.
export { EntrySequence, assertReadOptions, assertVerifyOptions } from './reading.js';
export { StoredEntry } from './stored-entry.js';
export { adviceOnArchived, firstEntryFrom, storedCrcAt } from './archived-entries.js';
export { ENTRY_OVERHEAD_BYTES, entrySizeBytes } from './entry-size.js';

// Following: listeners of a journal, and the subscription that is built on them.
export { AdvanceListeners, PoisonListeners } from './listeners.js';
export { subscribeTo } from './subscription-reader.js';
export type { SubscribableJournal } from './subscription-source.js';
