import { EntryCursor } from './entry-cursor.js';
import type { FileSystem } from '../os/file-system.js';
import { storeIndex } from './index-file.js';
import type { Segment } from './segment.js';
import { SparseIndex } from './sparse-index.js';
import { CooperativeYield } from '../../common/index.js';

/** Writes the indexes of sealed segments, and rebuilds missing ones; one at a time, in the background. */
export class IndexBuilder {
  private work: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly files: FileSystem,
    private readonly directory: string,
  ) {}

  /** Rebuilds the index of a segment when a reader finds it missing or wrong. */
  watch(segment: Segment): void {
    segment.onIndexMissing = (missing) => this.enqueue(() => this.rebuild(missing));
  }

  /** Stores the index of a segment that was sealed. The writer has filled it. */
  store(segment: Segment, sizeBytes: number): void {
    this.enqueue(() => this.write(segment, sizeBytes));
  }

  /** Stops a rebuild, and finishes a write. Nothing is written after it resolves. */
  async close(): Promise<void> {
    this.closed = true;
    await this.work;
  }

  private async rebuild(segment: Segment): Promise<void> {
    if (this.closed) return; // the next reader requests it again
    const source = segment.openSource('positioned');
    try {
      const index = new SparseIndex();
      const cursor = new EntryCursor(source, 0);
      const pause = new CooperativeYield();
      while (cursor.advance(false) === 'entry') {
        if (index.shouldHold(cursor.offset) && cursor.isIntact) index.note(cursor.sequenceNum, cursor.offset);
        if (pause.isDueAfter(cursor.length)) await pause.run();
        if (this.closed) return;
      }
      segment.index.replaceBy(index);
      await this.write(segment, source.sizeBytes);
    } finally {
      source.close();
    }
  }

  private async write({ startSequence, index, isArchived }: Segment, sizeBytes: number): Promise<void> {
    if (isArchived) return; // its index is no longer used
    await storeIndex(this.files, this.directory, { startSequence, sizeBytes }, index);
  }

  /** Ignores failures: without an index, reading is only slower. */
  private enqueue(work: () => Promise<void>): void {
    this.work = this.work.then(work).catch(() => undefined);
  }
}
