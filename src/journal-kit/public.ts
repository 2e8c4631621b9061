/**
 * `nestjs-file-journal/journal-kit`: building blocks for authors of another `Journal`. Applications do not
 * need it.
 */
export { AdvanceListeners, PoisonListeners } from './listeners.js';
export { EntrySequence, assertReadOptions, assertVerifyOptions } from './reading.js';
export { StoredEntry } from './stored-entry.js';
export { subscribeTo } from './subscription-reader.js';
export type { SubscribableJournal } from './subscription-source.js';
export { crc32 } from '../common/index.js';
export { rememberStoredPayload, storedPayloadOf } from '../journal/index.js';
export type {
  EntryLocation,
  JournalErrorOptions,
  NextBatchOptions,
  ReadError,
  SequencerEventInit,
  SubscribeFrom,
  VerifyOptions,
} from '../journal/index.js';
