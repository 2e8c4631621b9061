import { JournalError } from '../../journal/index.js';
import type { Segment } from '../segment/segment.js';

/** How far a verification has come, in bytes on disk: of a compressed segment, its compressed bytes count. */
export type VerifyListener = (doneBytes: number, totalBytes: number) => void;

/** Turns the position of a verification into bytes. */
export class VerifyProgress {
  /** Bytes before each segment, and of all at the end. */
  private readonly starts: readonly number[];
  private readonly totalBytes: number;

  constructor(
    segments: readonly Segment[],
    private readonly listener: VerifyListener,
  ) {
    const starts = [0];
    for (const segment of segments) starts.push((starts.at(-1) ?? 0) + sizeOnDisk(segment));
    this.starts = starts;
    this.totalBytes = starts.at(-1) ?? 0;
  }

  /** @param share of the segment that was read, 0 … 1 */
  report(index: number, share: number): void {
    const start = this.starts[index] ?? 0;
    const end = this.starts[index + 1] ?? start;
    this.listener(Math.round(start + (end - start) * share), this.totalBytes);
  }

  finished(index: number): void {
    this.report(index, 1);
  }
}

/** 0 for a segment that cannot be opened: the verification reports it. */
function sizeOnDisk(segment: Segment): number {
  try {
    return segment.sizeOnDisk();
  } catch (error) {
    if (JournalError.isJournalError(error)) return 0;
    throw error;
  }
}
