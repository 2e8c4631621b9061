import type { RecoveryReport } from '../../journal/index.js';
import { monotonicMs, type FileAccess } from '../../common/index.js';
import { isOutOfSpace, type FileSystem } from '../os/file-system.js';
import { loadFileSystem, type FileSystemOptions } from '../os/load-file-system.js';
import { notPermitted } from '../segment/directory-errors.js';
import { IndexBuilder } from '../segment/index-builder.js';
import { PreparedSegment } from '../segment/prepared-segment.js';
import { SegmentDirectory } from '../segment/segment-directory.js';
import { SegmentFile, type WriterName } from '../segment/segment-file.js';
import { Segment } from '../segment/segment.js';
import type { ActiveSegment } from '../segment/write-position.js';
import { CheckpointFile, type CheckpointState } from './checkpoint-file.js';
import { assertNewestThere, lastSequenceBefore } from './continuity.js';
import { lockDirectory } from './directory-lock.js';
import { recoverTail, tailEvidence, type RecoveredSegment } from './torn-tail.js';
import { scanSegment, type TailScan } from './tail-scan.js';

/** The options of a journal that opening depends on; see FileJournalOptions. */
export interface OpeningOptions extends FileSystemOptions {
  readonly directory: string;
  readonly access: FileAccess;
  readonly lockTimeoutMs: number;
  readonly segmentSizeBytes: number;
  readonly maxUnsyncedBytes: number;
  readonly writer: WriterName;
  readonly repair: 'none' | 'cut';
}

/** A checkpoint that must exist, with a durable name, before the first write. */
export interface MissingCheckpoint {
  /** Creates the file. @throws IoError (`JOURNAL_IO`); a later call tries again */
  make(): void;
  /** Makes its name durable. @throws (rejects) IoError (`JOURNAL_IO`); the journal must not continue */
  sync(): Promise<void>;
}

/** The parts of a journal that is ready to be written. The caller owns and closes them. */
export interface OpenedJournal {
  readonly directory: SegmentDirectory;
  readonly checkpoint: CheckpointFile;
  /** The state in the checkpoint file, or the one it must get before anything is written. */
  readonly durable: CheckpointState;
  /** Ascending; the last one is `active.segment`. */
  readonly segments: readonly Segment[];
  readonly active: ActiveSegment;
  /** Whether the free end of the active file is allocated; a file of another writer may be sparse. */
  readonly isAllocated: boolean;
  readonly nextSegment: PreparedSegment;
  readonly indexes: IndexBuilder;
  /** The checkpoint, if there was no space for it; null if it exists. */
  readonly missingCheckpoint: MissingCheckpoint | null;
  readonly recovery: RecoveryReport;
}

/**
 * Opens a journal for writing: locks the directory, reads the newest segment from the device, cuts a torn
 * write, and stores a checkpoint.
 */
export async function openForWriting(options: OpeningOptions): Promise<OpenedJournal> {
  const files = await loadFileSystem(options, options.access);
  const directory = await SegmentDirectory.create(files, options.directory);
  const checkpoint = new CheckpointFile(files, directory.path);
  try {
    await lockDirectory(directory, options.lockTimeoutMs);
    return await new Opening(options, files, directory, checkpoint).run();
  } catch (error) {
    try {
      checkpoint.close();
    } finally {
      directory.close();
    }
    throw notPermitted(directory.path, error);
  }
}

class Opening {
  private readonly startedMs = monotonicMs();
  private readonly nextSegment: PreparedSegment;

  constructor(
    private readonly options: OpeningOptions,
    private readonly files: FileSystem,
    private readonly directory: SegmentDirectory,
    private readonly checkpoint: CheckpointFile,
  ) {
    this.nextSegment = new PreparedSegment(directory, options.segmentSizeBytes, options.writer);
  }

  async run(): Promise<OpenedJournal> {
    const starts = this.directory.listSegments();
    const bound = this.checkpoint.load();
    if (this.options.repair === 'none') assertNewestThere(this.checkpoint.path, starts, bound);
    this.nextSegment.discardLeftover();
    return starts.length === 0 ? this.create() : this.recover(starts, bound);
  }

  /** Creates the first segment, which is always named 0: its first entry is not known yet. */
  private async create(): Promise<OpenedJournal> {
    const file = await this.nextSegment.ready();
    try {
      this.makeCheckpoint();
      const segment = await this.nextSegment.install(file, 0n);
      await this.storeCheckpoint(segment, 0, null);
      return this.opened([segment], file, 0, {
        outcome: 'created',
        segments: 1,
        firstAvailableSequence: null,
        lastSequence: null,
        cut: null,
        durationMs: this.elapsedMs(),
      });
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private async recover(starts: readonly bigint[], bound: CheckpointState | null): Promise<OpenedJournal> {
    const segments = starts.map((start) => new Segment(this.directory, start));
    const newest = segments[segments.length - 1] as Segment;
    const file = SegmentFile.openForWriting(this.files, newest.path, this.options.writer);
    try {
      await readFromDevice(file);
      const expectedFirst = newest.promisedFirst;
      const scan = await scanSegment(file, expectedFirst, newest.index);
      // Before anything is cut: a refused journal stays unchanged.
      const lastSequence = scan.lastSequence ?? (await lastSequenceBefore(this.files, segments));
      const { cut, repaired } = await this.recoverEnd(newest, file, scan, bound);
      this.makeCheckpoint();
      // The writer may have died between renaming the newest segment and syncing the directory.
      await this.directory.sync();
      await this.storeCheckpoint(newest, scan.endOffset, lastSequence);
      return this.opened(segments, file, scan.endOffset, {
        outcome: repaired ? 'repaired' : cut === null ? 'clean' : 'torn-tail',
        segments: segments.length,
        firstAvailableSequence: segments.length === 1 ? scan.firstSequence : this.firstOf(segments),
        lastSequence,
        cut,
        durationMs: this.elapsedMs(),
      });
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private recoverEnd(
    newest: Segment,
    file: SegmentFile,
    scan: TailScan,
    bound: CheckpointState | null,
  ): Promise<RecoveredSegment> {
    const { checkpoint, options } = this;
    const evidence = tailEvidence(
      file,
      newest.startSequence,
      { bound, isOurs: checkpoint.exists },
      options.maxUnsyncedBytes,
    );
    const lower = (): Promise<void> => this.storeCheckpoint(newest, scan.endOffset, scan.lastSequence);
    return recoverTail(this.directory, evidence, scan, options.repair === 'cut', lower);
  }

  private opened(
    segments: readonly Segment[],
    file: SegmentFile,
    endOffset: number,
    recovery: RecoveryReport,
  ): OpenedJournal {
    const segment = segments[segments.length - 1] as Segment;
    const indexes = new IndexBuilder(this.files, this.directory.path);
    for (const each of segments) indexes.watch(each);
    return {
      directory: this.directory,
      checkpoint: this.checkpoint,
      durable: this.stateOf(segment, endOffset, recovery.lastSequence),
      segments,
      active: { segment, file, endOffset },
      isAllocated: recovery.outcome === 'created',
      nextSegment: this.nextSegment,
      indexes,
      // Recovery knows by the checkpoint's name that a torn write is ours. Without disk space for it, the
      // first write waits.
      missingCheckpoint: this.checkpoint.exists ? null : this.missingCheckpoint(),
      recovery,
    };
  }

  private firstOf(segments: readonly Segment[]): bigint | null {
    for (const segment of segments) {
      const first = segment.firstSequence();
      if (first !== null) return first;
    }
    return null;
  }

  /**
   * Creates the checkpoint before the next directory sync: without a durable name, a power cut would remove
   * it.
   */
  private makeCheckpoint(): void {
    try {
      this.checkpoint.make();
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
    }
  }

  private async storeCheckpoint(
    segment: Segment,
    durableOffset: number,
    lastSequence: bigint | null,
  ): Promise<void> {
    try {
      await this.checkpoint.store(this.stateOf(segment, durableOffset, lastSequence));
    } catch (error) {
      if (!isOutOfSpace(error)) throw error; // without space the old bound stays, which is lower
    }
  }

  private stateOf(segment: Segment, durableOffset: number, lastSequence: bigint | null): CheckpointState {
    const { maxUnsyncedBytes } = this.options;
    return { segmentStart: segment.startSequence, durableOffset, lastSequence, maxUnsyncedBytes };
  }

  private missingCheckpoint(): MissingCheckpoint {
    const { checkpoint, directory } = this;
    return {
      make() {
        try {
          checkpoint.make();
        } catch (error) {
          if (!isOutOfSpace(error) || !checkpoint.exists) throw error;
        }
      },
      sync: () => directory.sync(),
    };
  }

  private elapsedMs(): number {
    return monotonicMs() - this.startedMs;
  }
}

/**
 * Drops the cached pages of the file, so that the next reads show what the device stored. After a failed
 * writeback, the cache shows bytes that were never stored, and syncing them again "succeeds".
 */
async function readFromDevice(file: SegmentFile): Promise<void> {
  file.syncNow();
  await file.evictCachedPages();
}
