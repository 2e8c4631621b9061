/**
 * Something that an operator should know about a journal directory.
 *
 * - `damage`: data is lost or unreadable, or opening would fail or cut.
 * - `warning`: nothing is damaged, but something needs attention soon.
 * - `note`: explains what a reader of the directory might wonder about.
 */
export interface Finding {
  readonly severity: 'damage' | 'warning' | 'note';
  readonly code: FindingCode;
  /** File name in the directory; null if the finding concerns no single file. */
  readonly file: string | null;
  /** Byte offset in the file; null if it has none. */
  readonly offset: number | null;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do next, in one sentence. */
  readonly action: string;
}

export type FindingCode =
  | 'torn-tail'
  | 'corruption'
  | 'missing-segment'
  | 'overlap'
  | 'checkpoint-ahead'
  | 'cannot-open'
  | 'not-a-file'
  | 'unreadable'
  | 'unfinished-write'
  | 'archive-gap'
  | 'duplicate-segment'
  | 'low-disk-space'
  | 'leftover'
  | 'quarantine'
  | 'foreign-snapshot'
  | 'damaged-snapshot'
  | 'foreign-checkpoint'
  | 'damaged-checkpoint';
