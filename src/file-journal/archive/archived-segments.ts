import { messageOf } from '../../journal/index.js';
import { ArchiveCompressor, type CompressorHost } from './archive-compressor.js';
import { COMPRESSING_NAME, type ArchiveCompression } from '../format/archive-name.js';
import { isNotFound } from '../os/file-system.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { Segment } from '../segment/segment.js';

/**
 * The result of `compressArchived`.
 * @publicApi
 */
export interface CompressionReport {
  /** Number of segments that were compressed. */
  readonly segments: number;
  /** Size of these segments before the run. */
  readonly bytesBefore: number;
  /** Size of these segments after the run. */
  readonly bytesAfter: number;
}

/**
 * The archived segments of a journal that are still in its directory: lists them for readers and compresses
 * them.
 */
export class ArchivedSegments {
  /** Kept for their indexes, so that later readers use the places that earlier ones found. */
  private known = new Map<bigint, Segment>();
  /** Settled when no run is active or queued. */
  private running: Promise<unknown> = Promise.resolve();
  /** A background run is queued and has not started: it covers further requests. */
  private isQueued = false;
  private isStopped = false;

  constructor(
    private readonly directory: SegmentDirectory,
    /** The journal that writes; null for a reader, which compresses nothing. */
    private readonly host: CompressorHost | null = null,
  ) {}

  /**
   * The archived segments and then `live`, in order. A live segment counts once, even if archived copies of
   * it exist.
   */
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

  /**
   * Compresses the archived segments that are still plain, oldest first.
   * @throws (rejects) IoError (`JOURNAL_IO`)
   * @throws (rejects) CompressionUnavailableError (`JOURNAL_COMPRESSION_UNAVAILABLE`)
   */
  compress(compression: ArchiveCompression): Promise<CompressionReport> {
    const run = this.running.then(() => this.compressAll(compression));
    this.running = run.catch(() => undefined);
    return run;
  }

  /** The same in the background. An error becomes a warning of the process, and the plain file stays. */
  compressInBackground(compression: ArchiveCompression): void {
    if (this.isQueued || this.mustStop) return;
    this.isQueued = true;
    this.compress(compression).catch((error: unknown) => {
      const reason = messageOf(error);
      process.emitWarning(`an archived segment was not compressed, and stays uncompressed: ${reason}`);
    });
  }

  /** Deletes the incomplete file of an interrupted run. */
  discardLeftover(): void {
    this.directory.discard(COMPRESSING_NAME);
  }

  /** Stops the active run, and resolves when it no longer uses a file. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private get mustStop(): boolean {
    return this.isStopped || this.host?.isStopped() === true;
  }

  private async compressAll(compression: ArchiveCompression): Promise<CompressionReport> {
    this.isQueued = false;
    const report = { segments: 0, bytesBefore: 0, bytesAfter: 0 };
    const compressor = new ArchiveCompressor(this.directory, compression, {
      isStopped: () => this.mustStop,
      onNamesUnsure: (error) => this.host?.onNamesUnsure(error),
    });
    for (const [start, forms] of this.directory.listArchived()) {
      if (this.mustStop) break;
      if (!forms.has('plain')) continue;
      const compressed = await compressor.compress(start).catch(nullIfGone);
      if (compressed === null) continue;
      report.segments += 1;
      report.bytesBefore += compressed.bytesBefore;
      report.bytesAfter += compressed.bytesAfter;
    }
    return report;
  }
}

/** Operators and other processes may move or delete archived segments at any time. */
function nullIfGone(error: unknown): null {
  if (isNotFound(error)) return null;
  throw error;
}
