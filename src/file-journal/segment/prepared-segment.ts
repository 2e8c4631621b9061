import { PREPARED_SEGMENT_NAME, segmentName } from '../format/segment-name.js';
import type { SegmentDirectory } from './segment-directory.js';
import { SegmentFile, type WriterName } from './segment-file.js';
import { Segment } from './segment.js';
import type { ActiveSegment } from './write-position.js';

/**
 * Preparing starts when the active segment is filled to this share. Each failed attempt halves the rest.
 */
const PREPARE_AT_FILL = 0.5;

/**
 * Allocates the file of the next segment while the active one is written, so that a rotation does not wait
 * for it.
 */
export class PreparedSegment {
  /** The file that is being prepared or is ready; null before. */
  private file: Promise<SegmentFile> | null = null;
  /** Without disk space, trying at every write would be pointless. */
  private prepareAtFill = PREPARE_AT_FILL;
  private closed = false;

  constructor(
    private readonly directory: SegmentDirectory,
    /** Size of every new segment. */
    readonly sizeBytes: number,
    private readonly writer: WriterName,
  ) {}

  /** Starts preparing in the background once `active` is filled far enough. */
  prepareAhead({ endOffset, file }: ActiveSegment): void {
    if (endOffset < file.sizeBytes * this.prepareAtFill) return;
    if (this.closed || this.file !== null) return;
    this.prepareAtFill += (1 - this.prepareAtFill) * PREPARE_AT_FILL;
    // The rotation that needs the file tries again, and gets the error.
    this.ready().catch(() => undefined);
  }

  /**
   * Resolves with the allocated, empty file.
   * @throws (rejects) IoError (`JOURNAL_IO`); a later call tries again
   */
  ready(): Promise<SegmentFile> {
    this.file ??= this.allocate().catch((error: unknown) => {
      this.file = null;
      throw error;
    });
    return this.file;
  }

  /** Turns the prepared `file` into the segment `startSequence`: gives it its name, durably. */
  async install(file: SegmentFile, startSequence: bigint): Promise<Segment> {
    this.directory.rename(PREPARED_SEGMENT_NAME, segmentName(startSequence));
    await this.directory.sync();
    this.file = null;
    this.prepareAtFill = PREPARE_AT_FILL;
    const segment = new Segment(this.directory, startSequence);
    file.noteRenamed(segment.path);
    return segment;
  }

  /** Deletes the file that an earlier writer prepared and did not use. */
  discardLeftover(): void {
    this.directory.discard(PREPARED_SEGMENT_NAME);
  }

  async close(): Promise<void> {
    this.closed = true;
    const preparing = this.file;
    this.file = null;
    if (preparing === null) return;
    await preparing.then(
      (file) => file.close(),
      () => undefined,
    );
    this.discardLeftover();
  }

  private async allocate(): Promise<SegmentFile> {
    const { directory, sizeBytes, writer } = this;
    directory.assertInPlace();
    try {
      return await SegmentFile.create(
        directory.files,
        directory.pathOf(PREPARED_SEGMENT_NAME),
        sizeBytes,
        writer,
      );
    } catch (error) {
      this.discardLeftover();
      throw error;
    }
  }
}
