import type { SegmentFile } from './segment-file.js';
import type { Segment } from './segment.js';

/** The end of the written entries, which is the offset of the next entry. */
export interface WritePosition {
  readonly segment: Segment;
  /** Offset after the last entry. */
  readonly endOffset: number;
}

/** The newest segment of a journal, open for writing. */
export interface ActiveSegment extends WritePosition {
  readonly file: SegmentFile;
}
