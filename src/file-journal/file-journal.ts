import {
  AdvanceListeners,
  EntrySequence,
  PoisonListeners,
  assertReadOptions,
  assertVerifyOptions,
  subscribeTo,
  entrySizeBytes,
} from '../journal-kit/index.js';
import {
  InvalidArgumentError,
  JournalClosedError,
  JournalError,
  JournalPoisonedError,
  SequenceConflictError,
  SequencerEvent,
  EntryTooLargeError,
  U64_MAX,
  toU64,
  type Durability,
  type IntegrityReport,
  type Journal,
  type JournalEntries,
  type JournalSubscription,
  type ReadOptions,
  type RecoveryReport,
  type SubscribeOptions,
  type VerifyOptions,
} from '../journal/index.js';
import { telemetry, type StorageUsage, type StoredJournal } from '../telemetry/index.js';
import { archiveFileName, type ArchiveCompression } from './format/archive-name.js';
import { segmentName } from './format/segment-name.js';
import { Archive, type CompressionReport } from './archive/archive.js';
import { CheckpointKeeper } from './recover/checkpoint-keeper.js';
import { tellAppend } from './engine-telemetry.js';
import { EntryIterator } from './read/entry-iterator.js';
import { GroupCommit, nameOf } from './write/group-commit.js';
import { verifyJournal } from './read/integrity.js';
import { openForWriting, type OpenedJournal } from './recover/opening.js';
import {
  resolveOptions,
  type FileJournalOptions,
  type FileJournalReadOptions,
  type ResolvedOptions,
} from './options.js';
import { ReadOnlyFileJournal } from './read-only-journal.js';
import { SegmentWriter } from './write/segment-writer.js';
import { measureStorage } from './storage-usage.js';
import type { WritePosition } from './segment/write-position.js';
import type { Segment } from './segment/segment.js';
import type { StagedGroup } from './write/staged-group.js';

interface EventHeader {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
}

/**
 * The journal on disk: segment files, byte-compatible with orderbook-rs 0.7.0 … 0.12.1.
 *
 * @example
 * await using journal = await FileJournal.open({ directory: 'data/journal' });
 * await journal.append(new SequencerEvent({ sequenceNum: journal.nextSequence ?? 0n, timestampNs, command, result }));
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
  /** Not all of it: segments are to go when they are archived and nobody reads them. */
  readonly #opened: Pick<OpenedJournal, 'directory' | 'checkpoint'>;
  readonly #writer: SegmentWriter;
  readonly #commit: GroupCommit;
  readonly #checkpoint: CheckpointKeeper;
  readonly #archive: Archive;

  /** What readers see; replaced, never changed, so that a reader keeps what it started with. */
  #segments: readonly Segment[];
  /** End of the last visible entry in the last segment. */
  #visibleEnd: number;
  #appendedBytes = 0;
  #firstSequence: bigint | null;
  #lastSequence: bigint | null;
  #durableSequence: bigint | null;
  /** The last sequence that was taken by an append, stored or not yet. */
  #lastAccepted: bigint | null;

  #failure: JournalPoisonedError | null = null;
  readonly #advanced = new AdvanceListeners();
  readonly #poisonListeners = new PoisonListeners();
  /** Settled when nobody archives. */
  #namesSettled: Promise<unknown> = Promise.resolve();
  /** Set from the call of `close` on. */
  #closing: Promise<void> | null = null;
  #closed = false;

  private constructor(options: ResolvedOptions<TCommand, TResult>, opened: OpenedJournal) {
    this.durability = options.durability;
    this.recovery = opened.recovery;
    this.#options = options;
    const { directory, checkpoint } = opened;
    this.#opened = { directory, checkpoint };
    const writer = new SegmentWriter(
      opened.active,
      opened.nextSegment,
      opened.indexes,
      opened.isAllocated,
      opened.beforeFirstWrite,
      (durationMs) => telemetry.synced.publish({ journal: this.#told, durationMs }),
    );
    this.#writer = writer;
    this.#segments = opened.segments;
    this.#archive = new Archive(opened.directory, {
      isStopped: () => this.#failure !== null,
      onNamesUnsure: (error) => this.poison(error),
    });
    this.#visibleEnd = opened.active.endOffset;
    this.#firstSequence = opened.recovery.firstAvailableSequence;
    this.#lastSequence = opened.recovery.lastSequence;
    this.#durableSequence = this.#lastSequence;
    this.#lastAccepted = this.#lastSequence;
    this.#checkpoint = new CheckpointKeeper(opened.checkpoint, opened.durable, (error) => this.poison(error));
    this.#commit = new GroupCommit(writer, options, {
      onStored: (first, last, position) => this.#show(first, last, position),
      onMeasured: (step) =>
        telemetry.groupStored.publish({ journal: this.#told, durability: this.durability, ...step }),
      onDurable: (sequence, position) => this.#noteDurable(sequence, position),
      onRefused: (last) => {
        this.#lastAccepted = last ?? this.#lastSequence;
      },
      onFailure: (error) => this.poison(error),
      beforeLargeWrite: (sequence, sizeBytes) => this.#checkpoint.expectLarge(sequence, sizeBytes),
    });
  }

  /**
   * Opens the journal in `options.directory`, creating it where there is none, and recovers it after a crash.
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`), InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`),
   * JournalLockedError (`JOURNAL_LOCKED`), CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`) or InvalidEntryHeaderError
   * (`JOURNAL_INVALID_ENTRY_HEADER`) for damage that is no torn write, IoError (`JOURNAL_IO`), MissingPeerError
   * (`JOURNAL_MISSING_PEER`) where the native binary of koffi does not load
   */
  static async open<C = unknown, R = unknown>(options: FileJournalOptions<C, R>): Promise<FileJournal<C, R>> {
    const resolved = resolveOptions(options);
    const journal = new FileJournal(resolved, await openForWriting(resolved));
    journal.#archive.discardLeftover();
    journal.#compressInBackground();
    if (telemetry.opened.hasSubscribers) {
      const { durability, recovery } = journal;
      telemetry.opened.publish({ journal: journal.#told, durability, recovery });
    }
    return journal;
  }

  /**
   * Opens a journal for reading beside a live writer, in this process or another: takes no lock, repairs nothing,
   * writes nothing. A bad tail is "not yet written".
   * @throws (rejects) InvalidOptionError, InvalidDirectoryError, IoError
   */
  static openReadOnly<C = unknown, R = unknown>(
    options: FileJournalReadOptions<C, R>,
  ): Promise<ReadOnlyFileJournal<C, R>> {
    return ReadOnlyFileJournal.open(options);
  }

  /** As telemetry knows it: its listeners do not know the types of its events. */
  get #told(): Journal {
    return this as unknown as Journal;
  }

  /** Absolute path. */
  get directory(): string {
    return this.#opened.directory.path;
  }

  get state(): 'open' | 'poisoned' | 'closed' {
    if (this.#closing !== null) return 'closed';
    return this.#failure === null ? 'open' : 'poisoned';
  }

  get failure(): JournalError | null {
    return this.#failure;
  }

  get nextSequence(): bigint | null {
    return this.#lastAccepted === null || this.#lastAccepted === U64_MAX ? null : this.#lastAccepted + 1n;
  }

  get firstAvailableSequence(): bigint | null {
    return this.#firstSequence;
  }

  /** The first segment is named 0 whatever its first entry is; archived, it is gone. */
  get isComplete(): boolean {
    return this.#segments[0]?.startSequence === 0n;
  }

  get lastSequence(): bigint | null {
    return this.#lastSequence;
  }

  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  get durableSequence(): bigint | null {
    return this.#durableSequence;
  }

  // Neither is an async function: that would cost a promise for each, and acknowledge batches a turn after single events.
  // Where they return, nextSequence has moved.
  append(event: SequencerEvent<TCommand, TResult>): Promise<void> {
    if (!telemetry.appendSettled.hasSubscribers) return this.#append(event);
    return tellAppend(this, 1, () => this.#append(event));
  }

  appendBatch(events: readonly SequencerEvent<TCommand, TResult>[]): Promise<void> {
    if (!telemetry.appendSettled.hasSubscribers) return this.#appendBatch(events);
    return tellAppend(this, events?.length ?? 0, () => this.#appendBatch(events));
  }

  #append(event: SequencerEvent<TCommand, TResult>): Promise<void> {
    try {
      this.#assertWritable();
      const { sequenceNum, timestampNs } = this.#header(event);
      const payload = this.#commit.encode(this.#options.codec, event);
      this.#assertFits(payload.lengthBytes);
      // Encoding may have run code of the application, which may have closed the journal or appended to it.
      this.#assertWritable();
      this.#assertFollows(sequenceNum, this.#lastAccepted);
      this.#commit.stage(sequenceNum, timestampNs, payload);
      this.#lastAccepted = sequenceNum;
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return this.#commit.wait();
  }

  /** A batch is encoded as a whole before any of it is staged. */
  #appendBatch(events: readonly SequencerEvent<TCommand, TResult>[]): Promise<void> {
    const batch = this.#commit.beginBatch();
    try {
      this.#assertWritable();
      const sequences = this.#encodeBatch(events, batch);
      this.#assertWritable();
      let last = this.#lastAccepted;
      for (const sequenceNum of sequences) {
        this.#assertFollows(sequenceNum, last);
        last = sequenceNum;
      }
      this.#lastAccepted = last;
    } catch (error) {
      this.#commit.dropBatch(batch);
      return Promise.reject(error as Error);
    }
    const isEmpty = batch.count === 0;
    this.#commit.stageBatch(batch);
    return isEmpty ? Promise.resolve() : this.#commit.wait();
  }

  readFrom(sequence: bigint | number, options: ReadOptions = {}): JournalEntries<TCommand, TResult> {
    const from = toU64('sequence', sequence);
    assertReadOptions(options);
    this.#assertNotClosed();
    const start = (): EntryIterator<TCommand, TResult> => {
      this.#assertNotClosed();
      const plan = {
        segments: this.#segmentsFor(options),
        endOffset: this.#visibleEnd,
        reader: this.#options.reader,
        codec: this.#options.codec,
        copyPayloads: false,
        isClosed: () => this.#closing !== null,
      };
      return new EntryIterator(plan, from, options.onCorrupt);
    };
    return new EntrySequence(start, { ...options });
  }

  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult> {
    this.#assertNotClosed();
    return subscribeTo(this, options);
  }

  onAdvanced(listener: () => void): () => void {
    return this.#advanced.add(listener);
  }

  async flush(): Promise<void> {
    this.#assertWritable();
    await this.#commit.flush();
  }

  async verifyIntegrity(options: VerifyOptions = {}): Promise<IntegrityReport> {
    assertVerifyOptions(options);
    this.#assertNotClosed();
    const { reader, codec } = this.#options;
    const segments = this.#segmentsFor(options);
    const isClosed = (): boolean => this.#closing !== null;
    return verifyJournal({ segments, endOffset: this.#visibleEnd, reader, codec, isClosed });
  }

  /**
   * Resolves when they have their new names; with `archiveCompression` they are then compressed in the background.
   * @throws (rejects) IoError where a segment cannot be renamed: it and the ones behind it stay. JournalPoisonedError when
   * the new names cannot be made durable.
   */
  async archiveSegmentsBefore(sequence: bigint | number): Promise<number> {
    const limit = toU64('sequence', sequence);
    this.#assertWritable();
    const archived = this.#namesSettled
      .then(() => this.#archiveBefore(limit))
      .then((segments) => {
        if (segments > 0 && telemetry.archived.hasSubscribers)
          telemetry.archived.publish({ journal: this.#told, segments, beforeSequence: limit });
        if (segments > 0) this.#compressInBackground();
        return segments;
      });
    this.#namesSettled = archived.catch(() => undefined);
    return archived;
  }

  /**
   * Compresses the archived segments in the directory that are not compressed yet, on the thread pool, oldest first; each is
   * deleted only when the compressed file was read back from the device. Closing the journal gives it up; what is done is done.
   * @param compression instead of the option `archiveCompression`. @default that option, `gzip` where it is `none`
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`). IoError (`JOURNAL_IO`): the segment stays
   * as it is. CompressionUnavailableError
   * (`JOURNAL_COMPRESSION_UNAVAILABLE`). JournalPoisonedError when new names cannot be made durable.
   */
  async compressArchived(compression?: ArchiveCompression): Promise<CompressionReport> {
    this.#assertWritable();
    if (compression !== undefined && compression !== 'gzip' && compression !== 'zstd')
      throw new InvalidArgumentError('compression', compression, "'gzip' or 'zstd'");
    const { archiveCompression } = this.#options;
    const wanted = compression ?? (archiveCompression === 'none' ? 'gzip' : archiveCompression);
    try {
      return await this.#archive.compress(wanted);
    } catch (error) {
      throw this.#failure === null ? error : new JournalPoisonedError(this.#failure.cause);
    }
  }

  #compressInBackground(): void {
    const { archiveCompression } = this.#options;
    if (archiveCompression !== 'none' && this.#closing === null && this.#failure === null)
      this.#archive.compressInBackground(archiveCompression);
  }

  #segmentsFor({ includeArchived = false }: VerifyOptions): readonly Segment[] {
    return includeArchived ? this.#archive.before(this.#segments) : this.#segments;
  }

  /** The oldest first, and each name durable before the next changes: a power cut must not leave a hole in the middle. */
  async #archiveBefore(limit: bigint): Promise<number> {
    let archived = 0;
    for (; this.#hasArchivable(limit); archived += 1) {
      if (this.#failure !== null) throw new JournalPoisonedError(this.#failure.cause);
      const [oldest, ...rest] = this.#segments as [Segment, ...Segment[]];
      oldest.holdForReaders(this.#options.reader);
      this.#opened.directory.rename(
        segmentName(oldest.startSequence),
        archiveFileName(oldest.startSequence, 'plain'),
      );
      oldest.markArchived();
      this.#segments = rest;
      this.#firstSequence = this.#firstOfRest();
      try {
        await this.#opened.directory.sync();
      } catch (error) {
        this.poison(error);
        throw new JournalPoisonedError(error);
      }
    }
    return archived;
  }

  /**
   * What the journal takes of its disk, and what is left there: looks at the directory, from outside, off the event loop.
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  usage(): Promise<StorageUsage> {
    return measureStorage(this.directory, this.#options.segmentSizeBytes);
  }

  poison(cause: unknown): void {
    if (this.#failure !== null || this.#closed) return;
    const failure = cause instanceof JournalPoisonedError ? cause : new JournalPoisonedError(cause);
    this.#failure = failure;
    this.#commit.fail(failure.cause);
    this.#lastAccepted = this.#lastSequence;
    this.#poisonListeners.notify(failure);
    if (telemetry.poisoned.hasSubscribers)
      telemetry.poisoned.publish({ journal: this.#told, error: failure });
    this.#advanced.notify();
  }

  onPoisoned(listener: (failure: JournalError) => void): () => void {
    return this.#poisonListeners.add(listener, this.#failure);
  }

  /**
   * Waits for pending appends, syncs, and releases the lock. Idempotent.
   * @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`) when what was written cannot be made durable; the lock is
   * released all the same
   */
  close(): Promise<void> {
    this.#closing ??= this.#settleAndClose();
    this.#advanced.notify();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #settleAndClose(): Promise<void> {
    try {
      // Nothing may be under way on a descriptor when it is closed: its number may mean another file in no time.
      await Promise.all([this.#commit.idle(), this.#namesSettled, this.#archive.stop()]);
      if (this.#failure === null) await this.#commit.flush();
    } finally {
      await this.#checkpoint.close(this.#failure === null);
      this.#closed = true;
      this.#commit.stop();
      this.#poisonListeners.clear();
      await this.#release();
      if (telemetry.closed.hasSubscribers) telemetry.closed.publish({ journal: this.#told });
    }
  }

  /** Closes every file, whatever becomes of the others; the lock goes last. */
  async #release(): Promise<void> {
    const { directory, checkpoint } = this.#opened;
    try {
      await this.#writer.close();
    } finally {
      try {
        checkpoint.close();
      } finally {
        directory.close();
      }
    }
  }

  /** @returns the sequences, unchecked */
  #encodeBatch(events: readonly SequencerEvent<TCommand, TResult>[], batch: StagedGroup): bigint[] {
    if (!Array.isArray(events))
      throw new InvalidArgumentError('events', events, 'an array of SequencerEvent');
    const sequences: bigint[] = [];
    for (let index = 0; index < events.length; index += 1) {
      const event = events[index] as SequencerEvent<TCommand, TResult>;
      const { sequenceNum, timestampNs } = this.#header(event, index);
      const payload = this.#commit.encode(this.#options.codec, event, batch, index);
      this.#assertFits(payload.lengthBytes);
      this.#commit.stage(sequenceNum, timestampNs, payload, batch);
      sequences.push(sequenceNum);
    }
    return sequences;
  }

  /** Read once: they may be accessors. */
  #header(event: SequencerEvent<TCommand, TResult>, index: number | null = null): EventHeader {
    if (!SequencerEvent.isSequencerEvent(event))
      throw new InvalidArgumentError(nameOf(index), event, 'a SequencerEvent');
    const { sequenceNum, timestampNs } = event;
    return {
      sequenceNum: isU64(sequenceNum) ? sequenceNum : toU64(`${nameOf(index)}.sequenceNum`, sequenceNum),
      timestampNs: isU64(timestampNs) ? timestampNs : toU64(`${nameOf(index)}.timestampNs`, timestampNs),
    };
  }

  #assertFits(payloadBytes: number): void {
    const sizeBytes = entrySizeBytes(payloadBytes);
    const { segmentSizeBytes } = this.#options;
    if (sizeBytes > segmentSizeBytes) throw new EntryTooLargeError(sizeBytes, segmentSizeBytes);
  }

  #show(first: bigint, last: bigint, { segment, endOffset }: WritePosition): void {
    const newest = this.#segments[this.#segments.length - 1];
    if (segment !== newest) {
      // A newest segment without an entry, too small for the first, was replaced by one of the same name.
      const kept =
        newest?.startSequence === segment.startSequence ? this.#segments.slice(0, -1) : this.#segments;
      this.#segments = [...kept, segment];
      if (telemetry.rotated.hasSubscribers)
        telemetry.rotated.publish({ journal: this.#told, startSequence: segment.startSequence });
    }
    this.#appendedBytes += segment === newest ? endOffset - this.#visibleEnd : endOffset;
    this.#visibleEnd = endOffset;
    this.#lastSequence = last;
    this.#firstSequence ??= first;
    // Somebody poisoned the journal while this was written.
    if (this.#failure !== null) this.#lastAccepted = last;
    this.#advanced.notify();
  }

  #noteDurable(sequence: bigint, position: WritePosition): void {
    if (this.#durableSequence !== null && sequence <= this.#durableSequence) return;
    this.#durableSequence = sequence;
    this.#advanced.notify();
    this.#checkpoint.note(sequence, position);
  }

  /** After archiving: null where only an active segment without an entry is left (orderbook-rs can leave one). */
  #firstOfRest(): bigint | null {
    const isEmpty = this.#segments.length === 1 && this.#visibleEnd === 0;
    return isEmpty ? null : (this.#segments[0]?.startSequence ?? null);
  }

  #hasArchivable(limit: bigint): boolean {
    const [oldest, next] = this.#segments;
    const { segment: active } = this.#writer.position;
    return oldest !== active && next !== undefined && next.startSequence <= limit;
  }

  #assertFollows(sequenceNum: bigint, last: bigint | null): void {
    if (last === null || sequenceNum === last + 1n) return;
    throw new SequenceConflictError(last === U64_MAX ? null : last + 1n, sequenceNum);
  }

  #assertWritable(): void {
    this.#assertNotClosed();
    if (this.#failure !== null) throw new JournalPoisonedError(this.#failure.cause);
  }

  #assertNotClosed(): void {
    if (this.#closing !== null) throw new JournalClosedError();
  }
}

function isU64(value: unknown): boolean {
  return typeof value === 'bigint' && value >= 0n && value <= U64_MAX;
}
