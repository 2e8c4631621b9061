/** Small files that are replaced as a whole and are there, old or new, after a crash: snapshots, checkpoints of projections. */
export {
  ALL_MODE_BITS,
  FILE_ACCESS,
  isModeFixed,
  modesOf,
  PERMISSION_BITS,
  type FileAccess,
  type FileModes,
} from './file-access.js';
export {
  DurableDirectory,
  NotAFileError,
  TEMPORARY_SUFFIX,
  type DirectoryEntry,
  type DurableDirectoryModes,
} from './durable-directory.js';
