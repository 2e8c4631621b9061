/**
 * The storage engine: a journal in segment files.
 *
 * The life of a journal, with the files that own each step:
 * - `FileJournal.open` locks the directory, reads the end of the newest segment from the device, and cuts a
 *   torn write (recover/open-for-writing, recover/tail-scan, recover/torn-tail, recover/cut-tail).
 * - An append is encoded and staged (write/journal-writer, write/event-encoder, write/staging), written and
 *   synced in a group (write/group-commit, write/segment-writer, write/sync-runner), and then visible
 *   (write/journal-state).
 * - A full segment rotates into one that was prepared ahead (segment/prepared-segment).
 * - A reader iterates over mapped or positioned windows (read/entry-iterator, segment/entry-cursor,
 *   segment/segment-source).
 * - `close` syncs, stores a checkpoint (recover/checkpoint-updater), and releases the lock.
 */
export { FileJournal } from './file-journal.js';
export { ReadOnlyFileJournal } from './read-only-journal.js';
export { CompressionUnavailableError } from './format/compression-unavailable.error.js';
export { lockHolder, type LockHolder } from './recover/lock-holder.js';
export type { CompressionReport } from './archive/archived-segments.js';
export type { ArchiveCompression } from './format/archive-name.js';
export {
  FILE_JOURNAL_OPTION_NAMES,
  type FileJournalOptions,
  type FileJournalReadOptions,
  type SyncThread,
} from './options.js';
export { backupJournal, type BackupOptions, type BackupReport } from './backup/backup-journal.js';
export { restoreJournal, type RestoreOptions, type RestoreReport } from './backup/restore-journal.js';
export type { BackupProgress } from './backup/progress.js';
export type { CompanionFacts, CompanionFormat, CompanionKind } from './backup/companion.js';
export type { FileSystem } from './os/file-system.js';
export type { MapperName } from './os/mapped-file.js';
export type { ReaderName } from './segment/segment-source.js';
export type { WriterName } from './segment/segment-file.js';

// For the command line only.
export * from './inspect/index.js';
export type { VerifyListener } from './read/verify-progress.js';
