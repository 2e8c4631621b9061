import { archiveFileName } from '../format/archive-name.js';
import { segmentName } from '../format/segment-name.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import type { ReaderName } from '../segment/segment-source.js';
import type { JournalState } from '../write/journal-state.js';

/** Takes old segments out of a journal that is being written, by renaming them. */
export class SegmentArchiver {
  /** Settled when no run is active. */
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly directory: SegmentDirectory,
    private readonly state: JournalState,
    private readonly reader: ReaderName,
    /** Called if new names cannot be made durable. */
    private readonly onNamesUnsure: (error: unknown) => void,
  ) {}

  /**
   * Archives the segments whose entries are all before `sequence`, after earlier calls have finished.
   * @returns the number of archived segments
   * @throws (rejects) IoError (`JOURNAL_IO`); the segment and the later ones stay
   * @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`)
   */
  archiveBefore(sequence: bigint): Promise<number> {
    const run = this.running.then(() => this.archiveOneByOne(sequence));
    this.running = run.catch(() => undefined);
    return run;
  }

  /** Resolves when no run is active; never rejects. */
  async idle(): Promise<void> {
    await this.running;
  }

  /**
   * Renames the oldest first, and makes each name durable before the next changes: a power cut must not leave
   * a hole in the middle.
   */
  private async archiveOneByOne(sequence: bigint): Promise<number> {
    let archived = 0;
    for (;;) {
      const oldest = this.state.oldestBefore(sequence);
      if (oldest === null) return archived;
      this.state.assertNotFailed();
      oldest.holdForReaders(this.reader);
      this.directory.rename(
        segmentName(oldest.startSequence),
        archiveFileName(oldest.startSequence, 'plain'),
      );
      oldest.markArchived();
      this.state.dropOldest();
      try {
        await this.directory.sync();
      } catch (error) {
        this.onNamesUnsure(error);
        this.state.assertNotFailed();
        throw error;
      }
      archived += 1;
    }
  }
}
