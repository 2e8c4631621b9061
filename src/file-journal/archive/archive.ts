/** The archived segments of a journal that still lie in its directory: read them, and compress them in the background. */
import { messageOf } from '../../journal/index.js';
import { ArchiveCompressor, type CompressorDuty } from './archive-compressor.js';
import { COMPRESSING_NAME, type ArchiveCompression } from '../format/archive-name.js';
import { isNotFound } from '../os/file-system.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { Segment } from '../segment/segment.js';

/** What a run of `compressArchived` did. */
export interface CompressionReport {
  /** How many archived segments it compressed. */
  readonly segments: number;
  /** Their size before … */
  readonly bytesBefore: number;
  /** … and after. */
  readonly bytesAfter: number;
}

export class Archive {
  /** Kept, so that what reading finds out about where entries lie is found once. */
  private known = new Map<bigint, Segment>();
  /** The run that is under way, and those that wait behind it. */
  private running: Promise<unknown> = Promise.resolve();
  /** A background run that has not begun yet does for whoever asks meanwhile. */
  private isAsked = false;
  private isStopped = false;

  constructor(
    private readonly directory: SegmentDirectory,
    /** Of the journal that writes it. */
    private readonly duty: CompressorDuty | null = null,
  ) {}

  /** The archived segments and then `live`, in order. A segment that is live counts as that, whatever copies of it there are. */
  before(live: readonly Segment[]): readonly Segment[] {
    const first = live[0]?.startSequence ?? null;
    const known = new Map<bigint, Segment>();
    for (const start of this.directory.listArchived().keys()) {
      if (first !== null && start >= first) continue;
      const segment = this.known.get(start);
      known.set(start, segment ?? Segment.archived(this.directory, start));
    }
    this.known = known;
    return [...known.values(), ...live];
  }

  /** Compresses what is archived and plain, oldest first. @throws (rejects) IoError, CompressionUnavailableError */
  compress(compression: ArchiveCompression): Promise<CompressionReport> {
    const run = this.running.then(() => this.compressAll(compression));
    this.running = run.catch(() => undefined);
    return run;
  }

  /** The same, for nobody who waits: what goes wrong is a warning of the process, and the plain file stays. */
  compressInBackground(compression: ArchiveCompression): void {
    if (this.isAsked || this.mustStop) return;
    this.isAsked = true;
    this.compress(compression).catch((error: unknown) => {
      const reason = messageOf(error);
      process.emitWarning(`an archived segment was not compressed, and stays as it is: ${reason}`);
    });
  }

  /** What a run that was interrupted left behind. */
  discardLeftover(): void {
    this.directory.discard(COMPRESSING_NAME);
  }

  /** Gives up the run that is under way, and waits until it touches nothing any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private get mustStop(): boolean {
    return this.isStopped || this.duty?.isStopped() === true;
  }

  private async compressAll(compression: ArchiveCompression): Promise<CompressionReport> {
    this.isAsked = false;
    const report = { segments: 0, bytesBefore: 0, bytesAfter: 0 };
    const compressor = new ArchiveCompressor(this.directory, compression, {
      isStopped: () => this.mustStop,
      onNamesUnsure: (error) => this.duty?.onNamesUnsure(error),
    });
    for (const [start, forms] of this.directory.listArchived()) {
      if (this.mustStop) break;
      if (!forms.has('plain')) continue;
      const compressed = await compressor.compress(start).catch(unlessTakenAway);
      if (compressed === null) continue;
      report.segments += 1;
      report.bytesBefore += compressed.bytesBefore;
      report.bytesAfter += compressed.bytesAfter;
    }
    return report;
  }
}

/** Archived segments are anybody's to move or delete. */
function unlessTakenAway(error: unknown): null {
  if (isNotFound(error)) return null;
  throw error;
}
