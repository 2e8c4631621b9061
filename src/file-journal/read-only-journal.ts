import { EntrySequence, assertReadOptions, assertVerifyOptions, subscribeTo } from '../journal-kit/index.js';
import {
  JournalClosedError,
  toU64,
  type IntegrityReport,
  type JournalEntries,
  type JournalReader,
  type JournalSubscription,
  type ReadOptions,
  type SubscribeOptions,
  type VerifyOptions,
} from '../journal/index.js';
import { delay } from '../common/index.js';
import { Archive } from './archive/archive.js';
import { CheckpointFile } from './recover/checkpoint.js';
import { EntryIterator } from './read/entry-iterator.js';
import type { FileSystem } from './os/file-system.js';
import { SegmentFollower } from './read/segment-follower.js';
import { verifyJournal } from './read/integrity.js';
import { loadFileSystem } from './os/load-file-system.js';
import { resolveReadOptions, type FileJournalReadOptions, type ResolvedReadOptions } from './options.js';
import { notPermitted, withRemedy } from './segment/directory-errors.js';
import { SegmentDirectory } from './segment/segment-directory.js';
import type { Segment } from './segment/segment.js';

/** How long a writer may take between the bytes of an entry and its length; a tail that is bad for longer is damage. */
const SETTLE_MS = 50;

/**
 * A journal as another process may be writing it. Looks at the directory again at every use, so that it follows
 * appends, rotations and archiving.
 * @publicApi
 */
export class ReadOnlyFileJournal<TCommand = unknown, TResult = unknown> implements JournalReader<
  TCommand,
  TResult
> {
  private readonly followed: SegmentFollower;
  private readonly archive: Archive;
  private closed = false;

  private constructor(
    private readonly options: ResolvedReadOptions<TCommand, TResult>,
    private readonly files: FileSystem,
    private readonly directory: SegmentDirectory,
  ) {
    this.followed = new SegmentFollower(directory, options.reader);
    this.archive = new Archive(directory);
  }

  /** @throws (rejects) InvalidOptionError, InvalidDirectoryError, IoError */
  static async open<C, R>(options: FileJournalReadOptions<C, R>): Promise<ReadOnlyFileJournal<C, R>> {
    const resolved = resolveReadOptions(options);
    const files = await loadFileSystem(resolved);
    let directory: SegmentDirectory;
    try {
      directory = SegmentDirectory.open(files, resolved.directory);
    } catch (error) {
      throw withRemedy(error);
    }
    const journal = new ReadOnlyFileJournal(resolved, files, directory);
    try {
      journal.refresh();
      return journal;
    } catch (error) {
      await journal.close();
      throw withRemedy(notPermitted(directory.path, error));
    }
  }

  get firstAvailableSequence(): bigint | null {
    this.refresh();
    return this.followed.firstSequence();
  }

  /** The first segment is named 0 whatever its first entry is; archived, it is gone. */
  get isComplete(): boolean {
    this.refresh();
    return this.followed.segments[0]?.startSequence === 0n;
  }

  /** The newest entry that is completely written. Its writer may not have acknowledged it yet. */
  get lastSequence(): bigint | null {
    this.refresh();
    return this.followed.lastSequence;
  }

  /**
   * What the writer's checkpoint says; at most about a second behind. Null without one (orderbook-rs writes none).
   * @throws IoError (`JOURNAL_IO`) for one that this user may not read
   */
  get durableSequence(): bigint | null {
    this.assertOpen();
    return new CheckpointFile(this.files, this.directory.path).load()?.lastSequence ?? null;
  }

  readFrom(sequence: bigint | number, options: ReadOptions = {}): JournalEntries<TCommand, TResult> {
    const from = toU64('sequence', sequence);
    assertReadOptions(options);
    this.assertOpen();
    const start = (): EntryIterator<TCommand, TResult> => {
      this.refresh();
      const plan = {
        ...this.planFor(options, this.followed.endOffset),
        reader: this.options.reader,
        codec: this.options.codec,
        // A writer that recovers may cut what was seen here but never acknowledged.
        copyPayloads: true,
        isClosed: () => this.closed,
      };
      return new EntryIterator(plan, from, options.onCorrupt);
    };
    return new EntrySequence(start, { ...options });
  }

  /**
   * Looks at the files every `pollIntervalMs`. A writer that crashes and recovers may take back what was handed out; with
   * `durable: true` it cannot, and entries come when the writer's checkpoint covers them, at most about a second late.
   */
  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult> {
    this.assertOpen();
    return subscribeTo(this, options);
  }

  /** Also reports a bad tail, if it is still the same after a moment: then nobody is writing it. */
  async verifyIntegrity(options: VerifyOptions = {}): Promise<IntegrityReport> {
    assertVerifyOptions(options);
    this.refresh();
    const { reader, codec } = this.options;
    const reading = { reader, codec, isClosed: () => this.closed };
    const segments = this.followed.segments;
    const endOffset = this.followed.endOffset;
    const hasGrown = (): boolean => {
      this.refresh();
      return (
        segments.length !== this.followed.segments.length ||
        segments.at(-1)?.name !== this.followed.segments.at(-1)?.name ||
        endOffset !== this.followed.endOffset
      );
    };
    await delay(SETTLE_MS);
    if (!hasGrown()) {
      const report = await verifyJournal({ ...this.planFor(options, null, segments), ...reading });
      if (report.ok || !hasGrown()) return report;
    }
    return verifyJournal({ ...this.planFor(options, endOffset, segments), ...reading });
  }

  /** Where there is nothing but archived segments, nothing is written behind them. */
  private planFor(
    { includeArchived = false }: VerifyOptions,
    endOffset: number | null,
    live = this.followed.segments,
  ): { segments: readonly Segment[]; endOffset: number | null } {
    const segments = includeArchived ? this.archive.before(live) : live;
    return { segments, endOffset: live.length === 0 ? null : endOffset };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.followed.close();
    this.directory.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private refresh(): void {
    this.assertOpen();
    this.followed.refresh();
  }

  private assertOpen(): void {
    if (this.closed) throw new JournalClosedError();
  }
}
