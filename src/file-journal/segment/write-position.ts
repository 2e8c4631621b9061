import type { SegmentFile } from './segment-file.js';
import type { Segment } from './segment.js';

/** The end of the written entries: where the next entry belongs. */
export interface WritePosition {
  readonly segment: Segment;
  /** Offset behind the last entry. */
  readonly endOffset: number;
}

/** The newest segment of a journal, open for writing. */
export interface ActiveSegment extends WritePosition {
  readonly file: SegmentFile;
}
