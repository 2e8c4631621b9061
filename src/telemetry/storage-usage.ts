/** Disk space that a journal uses, and the free space beside it. @publicApi */
export interface StorageUsage {
  /** Absolute path of the directory. */
  readonly directory: string;
  /** Size of every new segment. */
  readonly segmentSizeBytes: number;
  /** Number of segments that are not archived. */
  readonly segments: number;
  /** Number of archived segments, compressed ones included. */
  readonly archivedSegments: number;
  /** Bytes allocated by all files of the directory and its folders. */
  readonly sizeBytes: number;
  /** Free bytes for this user on the directory's file system. */
  readonly freeBytes: number;
  /** Size of that file system in bytes. */
  readonly totalBytes: number;
}

/** A journal whose files are on a disk. */
export interface StoredJournal {
  /** @throws (rejects) IoError (`JOURNAL_IO`) */
  usage(): Promise<StorageUsage>;
}

export function isStoredJournal(journal: object): journal is StoredJournal {
  return typeof (journal as Partial<StoredJournal>).usage === 'function';
}
