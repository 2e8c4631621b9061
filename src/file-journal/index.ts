/**
 * The storage engine: a journal in segment files.
 *
 * Life of a journal: `FileJournal.open` takes the directory's lock, reads the end of the newest segment from the device
 * and cuts a torn write (opening, recovery); appends are encoded and staged (staged-group), written and synced in groups
 * (group-commit, segment-writer), rotated into a segment prepared ahead (segment-directory); readers iterate mapped or
 * positioned windows (entry-iterator, entry-cursor, segment-source); `close` syncs, notes a checkpoint, releases the lock.
 */
export { FileJournal } from './file-journal.js';
export { ReadOnlyFileJournal } from './read-only-journal.js';
export { CompressionUnavailableError } from './format/compression-unavailable.error.js';
export type { CompressionReport } from './archive/archive.js';
export type { ArchiveCompression } from './format/archive-name.js';
export {
  FILE_JOURNAL_OPTION_NAMES,
  type FileJournalOptions,
  type FileJournalReadOptions,
  type SyncThread,
} from './options.js';
export type { FileSystem } from './os/file-system.js';
export type { MapperName } from './os/mapped-file.js';
export type { ReaderName } from './segment/segment-source.js';
export type { WriterName } from './segment/segment-file.js';
