import { AdvanceListeners, PoisonListeners, subscribeTo } from '../journal-kit/index.js';
import {
  JournalPoisonedError,
  toU64,
  type Durability,
  type IntegrityReport,
  type Journal,
  type JournalEntries,
  type JournalError,
  type JournalSubscription,
  type ReadOptions,
  type RecoveryReport,
  type SequencerEvent,
  type SubscribeOptions,
  type VerifyOptions,
} from '../journal/index.js';
import { telemetry, type StorageUsage, type StoredJournal } from '../telemetry/index.js';
import type { CompressionReport } from './archive/archived-segments.js';
import { Archive } from './archive/archive.js';
import { EngineTelemetry } from './engine-telemetry.js';
import type { ArchiveCompression } from './format/archive-name.js';
import { JournalReads } from './journal-reads.js';
import {
  resolveOptions,
  type FileJournalOptions,
  type FileJournalReadOptions,
  type ResolvedOptions,
} from './options.js';
import { ReadOnlyFileJournal } from './read-only-journal.js';
import { openForWriting, type OpenedJournal } from './recover/open-for-writing.js';
import type { SegmentDirectory } from './segment/segment-directory.js';
import { measureStorage } from './measure-storage.js';
import { JournalState } from './write/journal-state.js';
import { JournalWriter } from './write/journal-writer.js';

/**
 * The journal on disk: segment files, byte-compatible with orderbook-rs 0.7 to 0.15.
 *
 * @example
 * await using journal = await FileJournal.open({ directory: 'data/journal' });
 * const sequenceNum = journal.nextSequence ?? 0n;
 * await journal.append(new SequencerEvent({ sequenceNum, timestampNs, command, result }));
 * for (const entry of journal.readFrom(0n)) console.log(entry.sequenceNum, entry.event.command);
 *
 * @publicApi
 */
export class FileJournal<TCommand = unknown, TResult = unknown>
  implements Journal<TCommand, TResult>, StoredJournal
{
  readonly durability: Durability;
  readonly recovery: RecoveryReport;

  readonly #options: ResolvedOptions<TCommand, TResult>;
  readonly #directory: SegmentDirectory;
  readonly #state: JournalState;
  readonly #writer: JournalWriter<TCommand, TResult>;
  readonly #archive: Archive;
  readonly #reads: JournalReads<TCommand, TResult>;
  readonly #advanced = new AdvanceListeners();
  readonly #poisonListeners = new PoisonListeners();
  readonly #telemetry = new EngineTelemetry(this);
  /** Set by the first call of `close`. */
  #closing: Promise<void> | null = null;
  /** True after all appends are settled: a failure then has no effect. */
  #isSettled = false;

  private constructor(options: ResolvedOptions<TCommand, TResult>, opened: OpenedJournal) {
    const { directory, segments, active, recovery } = opened;
    const poison = (error: unknown): void => this.poison(error);
    this.durability = options.durability;
    this.recovery = recovery;
    this.#options = options;
    this.#directory = directory;
    this.#state = new JournalState({
      segments,
      endOffset: active.endOffset,
      firstSequence: recovery.firstAvailableSequence,
      lastSequence: recovery.lastSequence,
    });
    this.#writer = new JournalWriter(opened, this.#state, options.codec, options, {
      onAdvanced: () => this.#advanced.notify(),
      onRotated: (startSequence) => this.#telemetry.rotated(startSequence),
      onMeasured: (step) => this.#telemetry.groupStored(this.durability, step),
      onSynced: (durationMs) => this.#telemetry.synced(durationMs),
      onFailure: poison,
    });
    this.#archive = new Archive(directory, this.#state, options, poison);
    this.#reads = new JournalReads(this.#state, this.#archive, options);
  }

  /**
   * Opens the journal in `options.directory` and recovers it after a crash. Creates the journal if there is
   * none.
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
   * @throws (rejects) JournalLockedError (`JOURNAL_LOCKED`)
   * @throws (rejects) CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`) or InvalidEntryHeaderError
   * (`JOURNAL_INVALID_ENTRY_HEADER`) for damage that is not a torn write
   * @throws (rejects) IoError (`JOURNAL_IO`)
   * @throws (rejects) MissingPeerError (`JOURNAL_MISSING_PEER`) if the native binary of koffi does not load
   */
  static async open<C = unknown, R = unknown>(options: FileJournalOptions<C, R>): Promise<FileJournal<C, R>> {
    const resolved = resolveOptions(options);
    const journal = new FileJournal(resolved, await openForWriting(resolved));
    journal.#archive.start();
    journal.#telemetry.opened(journal.durability, journal.recovery);
    return journal;
  }

  /**
   * Opens a journal for reading beside a live writer, in this process or another. Acquires no lock, repairs
   * nothing, and writes nothing. A damaged tail counts as not yet written.
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  static openReadOnly<C = unknown, R = unknown>(
    options: FileJournalReadOptions<C, R>,
  ): Promise<ReadOnlyFileJournal<C, R>> {
    return ReadOnlyFileJournal.open(options);
  }

  /** Absolute path. */
  get directory(): string {
    return this.#directory.path;
  }

  get state(): 'open' | 'poisoned' | 'closed' {
    if (this.#state.isClosing) return 'closed';
    return this.#state.failure === null ? 'open' : 'poisoned';
  }

  get failure(): JournalError | null {
    return this.#state.failure;
  }

  get nextSequence(): bigint | null {
    return this.#state.nextSequence;
  }

  get firstAvailableSequence(): bigint | null {
    return this.#state.visible.firstSequence;
  }

  /** Whether the first segment (its name is always 0) is not archived. */
  get isComplete(): boolean {
    return this.#state.visible.segments[0]?.startSequence === 0n;
  }

  get lastSequence(): bigint | null {
    return this.#state.visible.lastSequence;
  }

  get appendedBytes(): number {
    return this.#state.appendedBytes;
  }

  get durableSequence(): bigint | null {
    return this.#state.durableSequence;
  }

  // `append` and `appendBatch` are not async functions: that would cost one more promise, and acknowledge
  // batches a turn later than single events. Both advance nextSequence before they return.
  append(event: SequencerEvent<TCommand, TResult>): Promise<void> {
    if (!telemetry.appendSettled.hasSubscribers) return this.#writer.append(event);
    return this.#telemetry.append(1, () => this.#writer.append(event));
  }

  appendBatch(events: readonly SequencerEvent<TCommand, TResult>[]): Promise<void> {
    if (!telemetry.appendSettled.hasSubscribers) return this.#writer.appendBatch(events);
    return this.#telemetry.append(events?.length ?? 0, () => this.#writer.appendBatch(events));
  }

  readFrom(sequence: bigint | number, options: ReadOptions = {}): JournalEntries<TCommand, TResult> {
    return this.#reads.from(sequence, options);
  }

  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult> {
    this.#state.assertNotClosed();
    return subscribeTo(this, options);
  }

  onAdvanced(listener: () => void): () => void {
    return this.#advanced.add(listener);
  }

  async flush(): Promise<void> {
    this.#state.assertWritable();
    await this.#writer.flush();
  }

  verifyIntegrity(options: VerifyOptions = {}): Promise<IntegrityReport> {
    return this.#reads.verify(options);
  }

  /**
   * Archives the segments whose entries are all before `sequence`. With `archiveCompression`, they are then
   * compressed in the background.
   * @returns the number of archived segments, whose new names are durable
   * @throws (rejects) IoError (`JOURNAL_IO`) if a segment cannot be renamed; this segment and all newer ones
   * are not archived
   * @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`) if the new names cannot be made durable
   */
  async archiveSegmentsBefore(sequence: bigint | number): Promise<number> {
    const limit = toU64('sequence', sequence);
    this.#state.assertWritable();
    const archived = await this.#archive.archiveBefore(limit);
    if (archived > 0) this.#telemetry.archived(archived, limit);
    return archived;
  }

  /**
   * Compresses the archived segments in the directory that are not compressed yet, on the thread pool, oldest
   * first. Deletes each original only after the compressed file was read back from the device. Closing the
   * journal stops the run; compressed segments remain compressed.
   * @param compression overrides the option `archiveCompression`.
   * @default that option, or `gzip` if the option is `none`
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   * @throws (rejects) IoError (`JOURNAL_IO`); the segment is unchanged
   * @throws (rejects) CompressionUnavailableError (`JOURNAL_COMPRESSION_UNAVAILABLE`)
   * @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`) if new names cannot be made durable
   */
  async compressArchived(compression?: ArchiveCompression): Promise<CompressionReport> {
    this.#state.assertWritable();
    return this.#archive.compress(compression);
  }

  /**
   * Measures the disk space that the journal uses, and the free space on its disk. Reads the directory on the
   * thread pool.
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  usage(): Promise<StorageUsage> {
    return measureStorage(this.directory, this.#options.segmentSizeBytes);
  }

  poison(cause: unknown): void {
    const failure = cause instanceof JournalPoisonedError ? cause : new JournalPoisonedError(cause);
    if (this.#isSettled || !this.#state.fail(failure)) return;
    this.#writer.abort();
    this.#poisonListeners.notify(failure);
    this.#telemetry.poisoned(failure);
    this.#advanced.notify();
  }

  onPoisoned(listener: (failure: JournalError) => void): () => void {
    return this.#poisonListeners.add(listener, this.#state.failure);
  }

  /**
   * Closes the journal: waits for pending appends, syncs, and releases the lock. Further calls return the
   * same promise.
   * @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`) if written entries cannot be made durable;
   * the lock is released anyway
   */
  close(): Promise<void> {
    this.#state.close();
    this.#closing ??= this.#settleAndClose();
    this.#advanced.notify();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #settleAndClose(): Promise<void> {
    try {
      // No call may use a closed descriptor: its number may already belong to another file.
      await Promise.all([this.#writer.idle(), this.#archive.stop()]);
      await this.#writer.finish();
    } finally {
      this.#isSettled = true;
      this.#poisonListeners.clear();
      await this.#release();
      this.#telemetry.closed();
    }
  }

  /** Closes every file, even if closing another one fails, and releases the lock last. */
  async #release(): Promise<void> {
    try {
      await this.#writer.release();
    } finally {
      this.#directory.close();
    }
  }
}
