/** Writes the indexes of sealed segments, and makes those anew that are missing; one at a time, beside everything else. */
import { EntryCursor } from './entry-cursor.js';
import type { FileSystem } from '../os/file-system.js';
import { storeIndex } from './index-file.js';
import type { Segment } from './segment.js';
import { SparseIndex } from './sparse-index.js';
import { CooperativeYield } from '../../common/index.js';

export class IndexKeeper {
  private work: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly files: FileSystem,
    private readonly directory: string,
  ) {}

  /** Makes the index anew when a reader of the segment finds it missing or wrong. */
  watch(segment: Segment): void {
    segment.onIndexMissing = (missing) => this.enqueue(() => this.rebuild(missing));
  }

  /** A segment was sealed; its index was filled while it was written. */
  store(segment: Segment, sizeBytes: number): void {
    this.enqueue(() => this.write(segment, sizeBytes));
  }

  /** Ends what takes long, finishes what is short. Nothing is written any more when this resolves. */
  async close(): Promise<void> {
    this.closed = true;
    await this.work;
  }

  private async rebuild(segment: Segment): Promise<void> {
    if (this.closed) return; // the next reader asks again
    const source = segment.openSource('positioned');
    try {
      const index = new SparseIndex();
      const cursor = new EntryCursor(source, 0);
      const pause = new CooperativeYield();
      while (cursor.advance(false) === 'entry') {
        if (index.wants(cursor.offset) && cursor.isIntact) index.note(cursor.sequenceNum, cursor.offset);
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
    if (isArchived) return; // nobody looks for an index any more
    await storeIndex(this.files, this.directory, { startSequence, sizeBytes }, index);
  }

  /** Whatever fails: without an index reading is slower, nothing else. */
  private enqueue(work: () => Promise<void>): void {
    this.work = this.work.then(work).catch(() => undefined);
  }
}
