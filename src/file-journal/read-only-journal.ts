import { assertVerifyOptions, subscribeTo } from '../journal-kit/index.js';
import {
  JournalClosedError,
  type IntegrityReport,
  type JournalEntries,
  type JournalReader,
  type JournalSubscription,
  type ReadOptions,
  type SubscribeOptions,
  type VerifyOptions,
} from '../journal/index.js';
import { delay } from '../common/index.js';
import { ArchivedSegments } from './archive/archived-segments.js';
import { CheckpointFile } from './recover/checkpoint-file.js';
import { readEntries } from './read/read-entries.js';
import type { FileSystem } from './os/file-system.js';
import { SegmentFollower } from './read/segment-follower.js';
import { verifyJournal } from './read/integrity.js';
import type { VerifyListener } from './read/verify-progress.js';
import { loadFileSystem } from './os/load-file-system.js';
import { resolveReadOptions, type FileJournalReadOptions, type ResolvedReadOptions } from './options.js';
import { notPermitted, withRemedy } from './segment/directory-errors.js';
import { SegmentDirectory } from './segment/segment-directory.js';
import type { Segment } from './segment/segment.js';

/**
 * A writer may take this long between the bytes of an entry and its length. A tail that stays bad is damage.
 */
const SETTLE_MS = 50;

/**
 * Reads a journal that another process may be writing. Each use looks at the directory again, so it follows
 * appends, rotations and archiving.
 * @publicApi
 */
export class ReadOnlyFileJournal<TCommand = unknown, TResult = unknown> implements JournalReader<
  TCommand,
  TResult
> {
  private readonly followed: SegmentFollower;
  private readonly archive: ArchivedSegments;
  private closed = false;

  private constructor(
    private readonly options: ResolvedReadOptions<TCommand, TResult>,
    private readonly files: FileSystem,
    private readonly directory: SegmentDirectory,
  ) {
    this.followed = new SegmentFollower(directory, options.reader);
    this.archive = new ArchivedSegments(directory);
  }

  /**
   * Opens a journal that another process may write. `FileJournal.openReadOnly` calls it.
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
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

  /** Whether the first segment, which is always named 0, is not archived. */
  get isComplete(): boolean {
    this.refresh();
    return this.followed.segments[0]?.startSequence === 0n;
  }

  /** Sequence of the newest complete entry. The writer may not have acknowledged it yet. */
  get lastSequence(): bigint | null {
    this.refresh();
    return this.followed.lastSequence;
  }

  /**
   * The durable sequence in the writer's checkpoint, which is at most about a second old. Null without a
   * checkpoint: orderbook-rs writes none.
   * @throws IoError (`JOURNAL_IO`) for a checkpoint that this user may not read
   */
  get durableSequence(): bigint | null {
    this.assertOpen();
    return new CheckpointFile(this.files, this.directory.path).load()?.lastSequence ?? null;
  }

  readFrom(sequence: bigint | number, options: ReadOptions = {}): JournalEntries<TCommand, TResult> {
    const entries = readEntries(sequence, options, () => {
      this.refresh();
      return {
        ...this.planFor(options, this.followed.endOffset),
        reader: this.options.reader,
        codec: this.options.codec,
        // A recovering writer may cut entries that were read here but never acknowledged.
        copyPayloads: true,
        isClosed: () => this.closed,
      };
    });
    this.assertOpen();
    return entries;
  }

  /**
   * Polls the files every `pollIntervalMs`. A writer that crashes and recovers may cut entries that were
   * delivered. With `durable: true` it cannot: entries are delivered once the writer's checkpoint covers
   * them, at most about a second late.
   */
  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult> {
    this.assertOpen();
    return subscribeTo(this, options);
  }

  /** Also reports a bad tail that does not change for a moment: then no writer is completing it. */
  async verifyIntegrity(options: VerifyOptions = {}): Promise<IntegrityReport> {
    return this.verifyWithProgress(options);
  }

  /** The same, for the command line: reports how far it has come. @internal */
  async verifyWithProgress(options: VerifyOptions, onProgress?: VerifyListener): Promise<IntegrityReport> {
    assertVerifyOptions(options);
    this.refresh();
    const { reader, codec } = this.options;
    const reading = { reader, codec, isClosed: () => this.closed, onProgress };
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

  /** Without live segments, the archived ones are read to their ends. */
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
