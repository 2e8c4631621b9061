/**
 * What a journal takes of its disk, and what is left there.
 * @publicApi
 */
export interface StorageUsage {
  /** Absolute path. */
  readonly directory: string;
  /** Of every new segment. */
  readonly segmentSizeBytes: number;
  /** Number of segments that are not archived. */
  readonly segments: number;
  /** Number of archived segments, compressed ones included. */
  readonly archivedSegments: number;
  /** Allocated by all files of the directory, and of the folders in it. */
  readonly sizeBytes: number;
  /** Free for this user on the directory's file system. */
  readonly freeBytes: number;
  /** Size of that file system. */
  readonly totalBytes: number;
}

/** A journal that lies on a disk. */
export interface StoredJournal {
  /** @throws (rejects) IoError (`JOURNAL_IO`) */
  usage(): Promise<StorageUsage>;
}

export function isStoredJournal(journal: object): journal is StoredJournal {
  return typeof (journal as Partial<StoredJournal>).usage === 'function';
}
