import {
  EntrySequence,
  InvalidArgumentError,
  JournalClosedError,
  JournalError,
  JournalPoisonedError,
  SequenceConflictError,
  SequencerEvent,
  SerializationError,
  EntryTooLargeError,
  U64_MAX,
  assertReadOptions,
  toU64,
  type Durability,
  type IntegrityReport,
  type Journal,
  type JournalEntries,
  type ReadOptions,
  type RecoveryReport,
} from '../journal/index.js';
import { CheckpointKeeper } from './checkpoint-keeper.js';
import { entrySizeBytes } from './entry-format.js';
import { EntryIterator } from './entry-iterator.js';
import { GroupCommit } from './group-commit.js';
import { verifyJournal } from './integrity.js';
import { openForWriting, type OpenedJournal } from './opening.js';
import {
  resolveOptions,
  type FileJournalOptions,
  type FileJournalReadOptions,
  type ResolvedOptions,
} from './options.js';
import { ReadOnlyFileJournal } from './read-only-journal.js';
import type { WritePosition } from './segment-writer.js';
import type { Segment } from './segment.js';

interface EncodedEvent {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly payload: Uint8Array;
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
export class FileJournal<TCommand = unknown, TResult = unknown> implements Journal<TCommand, TResult> {
  readonly durability: Durability;
  readonly recovery: RecoveryReport;

  readonly #options: ResolvedOptions<TCommand, TResult>;
  readonly #opened: OpenedJournal;
  readonly #commit: GroupCommit;
  readonly #checkpoint: CheckpointKeeper;

  /** What readers see; replaced, never changed, so that a reader keeps what it started with. */
  #segments: readonly Segment[];
  /** End of the last visible entry in the last segment. */
  #visibleEnd: number;
  #firstSequence: bigint | null;
  #lastSequence: bigint | null;
  #durableSequence: bigint | null;
  /** The last sequence that was taken by an append, stored or not yet. */
  #lastAccepted: bigint | null;

  #failure: JournalPoisonedError | null = null;
  readonly #poisonListeners = new Set<(failure: JournalError) => void>();
  /** Settled when no archived segment's new name is being synced. */
  #namesSettled: Promise<unknown> = Promise.resolve();
  /** Set from the call of `close` on. */
  #closing: Promise<void> | null = null;
  #closed = false;

  private constructor(options: ResolvedOptions<TCommand, TResult>, opened: OpenedJournal) {
    this.durability = options.durability;
    this.recovery = opened.recovery;
    this.#options = options;
    this.#opened = opened;
    this.#segments = opened.segments;
    this.#visibleEnd = opened.writer.position.endOffset;
    this.#firstSequence = opened.recovery.firstAvailableSequence;
    this.#lastSequence = opened.recovery.lastSequence;
    this.#durableSequence = this.#lastSequence;
    this.#lastAccepted = this.#lastSequence;
    this.#checkpoint = new CheckpointKeeper(
      opened.checkpoint,
      opened.writer.position.segment.startSequence,
      options.maxUnsyncedBytes,
      (error) => this.poison(error),
    );
    this.#commit = new GroupCommit(opened.writer, options, {
      onStored: (first, last, position) => this.#show(first, last, position),
      onDurable: (sequence, position) => this.#noteDurable(sequence, position),
      onRefused: (last) => {
        this.#lastAccepted = last ?? this.#lastSequence;
      },
      onFailure: (error) => this.poison(error),
    });
  }

  /**
   * Opens the journal in `options.directory`, creating it where there is none, and recovers it after a crash.
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`), InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`),
   * JournalLockedError (`JOURNAL_LOCKED`), CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`) or InvalidEntryHeaderError
   * (`JOURNAL_INVALID_ENTRY_HEADER`) for damage that is no torn write, IoError (`JOURNAL_IO`)
   */
  static async open<C = unknown, R = unknown>(options: FileJournalOptions<C, R>): Promise<FileJournal<C, R>> {
    const resolved = resolveOptions(options);
    return new FileJournal(resolved, await openForWriting(resolved));
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

  get durableSequence(): bigint | null {
    return this.#durableSequence;
  }

  // Up to the first await an async function runs in the caller's turn: nextSequence has moved when append returns.
  async append(event: SequencerEvent<TCommand, TResult>): Promise<void> {
    this.#assertWritable();
    const encoded = this.#encode(event, 'event');
    // Encoding may have run code of the application, which may have closed the journal or appended to it.
    this.#assertWritable();
    this.#assertFollows(encoded.sequenceNum, this.#lastAccepted);
    this.#stage(encoded);
    await this.#commit.wait();
  }

  async appendBatch(events: readonly SequencerEvent<TCommand, TResult>[]): Promise<void> {
    this.#assertWritable();
    if (!Array.isArray(events))
      throw new InvalidArgumentError('events', events, 'an array of SequencerEvent');
    const batch = Array.from(events, (event, index) => this.#encode(event, `events[${index}]`, true));
    this.#assertWritable();
    let last = this.#lastAccepted;
    for (const { sequenceNum } of batch) {
      this.#assertFollows(sequenceNum, last);
      last = sequenceNum;
    }
    if (batch.length === 0) return;
    for (const encoded of batch) this.#stage(encoded);
    await this.#commit.wait();
  }

  readFrom(sequence: bigint | number, options: ReadOptions = {}): JournalEntries<TCommand, TResult> {
    const from = toU64('sequence', sequence);
    assertReadOptions(options);
    this.#assertNotClosed();
    const start = (): EntryIterator<TCommand, TResult> => {
      this.#assertNotClosed();
      const plan = {
        segments: this.#segments,
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

  async flush(): Promise<void> {
    this.#assertWritable();
    await this.#commit.flush();
  }

  async verifyIntegrity(): Promise<IntegrityReport> {
    this.#assertNotClosed();
    const { reader, codec } = this.#options;
    return verifyJournal({ segments: this.#segments, endOffset: this.#visibleEnd, reader, codec });
  }

  /**
   * @throws (rejects) IoError where a segment cannot be renamed: it and the ones behind it stay. JournalPoisonedError when
   * the new names cannot be made durable.
   */
  async archiveSegmentsBefore(sequence: bigint | number): Promise<number> {
    const limit = toU64('sequence', sequence);
    this.#assertWritable();
    const count = this.#countArchivable(limit);
    if (count === 0) return 0;
    let archived = 0;
    try {
      for (const segment of this.#segments.slice(0, count)) {
        this.#opened.directory.archive(segment.startSequence);
        segment.markArchived();
        archived += 1;
      }
    } finally {
      this.#segments = this.#segments.slice(archived);
      if (archived > 0) this.#firstSequence = this.#firstOfRest();
    }
    const synced = this.#opened.directory.sync();
    this.#namesSettled = Promise.allSettled([this.#namesSettled, synced]);
    await synced.catch((error: unknown) => {
      this.poison(error);
      throw new JournalPoisonedError(error);
    });
    return archived;
  }

  poison(cause: unknown): void {
    if (this.#failure !== null || this.#closed) return;
    const failure = cause instanceof JournalPoisonedError ? cause : new JournalPoisonedError(cause);
    this.#failure = failure;
    this.#commit.fail(failure.cause);
    this.#lastAccepted = this.#lastSequence;
    const listeners = [...this.#poisonListeners];
    this.#poisonListeners.clear();
    for (const listener of listeners) callListener(listener, failure);
  }

  onPoisoned(listener: (failure: JournalError) => void): () => void {
    if (typeof listener !== 'function') throw new InvalidArgumentError('listener', listener, 'a function');
    if (this.#failure !== null) {
      callListener(listener, this.#failure);
      return () => {};
    }
    // The same function may be registered twice; each registration is called and removed on its own.
    const registered = (failure: JournalError): void => listener(failure);
    this.#poisonListeners.add(registered);
    return () => void this.#poisonListeners.delete(registered);
  }

  /**
   * Waits for pending appends, syncs, and releases the lock. Idempotent.
   * @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`) when what was written cannot be made durable; the lock is
   * released all the same
   */
  close(): Promise<void> {
    this.#closing ??= this.#settleAndClose();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #settleAndClose(): Promise<void> {
    try {
      // Nothing may be under way on a descriptor when it is closed: its number may mean another file in no time.
      await Promise.all([this.#commit.idle(), this.#namesSettled]);
      if (this.#failure === null) await this.#commit.flush();
    } finally {
      await this.#checkpoint.close(this.#failure === null);
      this.#closed = true;
      this.#commit.stop();
      this.#poisonListeners.clear();
      await this.#release();
    }
  }

  /** Closes every file, whatever becomes of the others; the lock goes last. */
  async #release(): Promise<void> {
    const { writer, directory, checkpoint } = this.#opened;
    try {
      await writer.close();
    } finally {
      try {
        checkpoint.close();
      } finally {
        directory.close();
      }
    }
  }

  #encode(event: SequencerEvent<TCommand, TResult>, name: string, keep = false): EncodedEvent {
    if (!SequencerEvent.isSequencerEvent(event))
      throw new InvalidArgumentError(name, event, 'a SequencerEvent');
    const sequenceNum = toU64(`${name}.sequenceNum`, event.sequenceNum);
    const timestampNs = toU64(`${name}.timestampNs`, event.timestampNs);
    let payload: unknown = this.#options.codec.encode(event);
    if (!(payload instanceof Uint8Array)) throw new SerializationError('the codec gave no Uint8Array', name);
    const sizeBytes = entrySizeBytes(payload.length);
    if (sizeBytes > this.#options.segmentSizeBytes) {
      throw new EntryTooLargeError(sizeBytes, this.#options.segmentSizeBytes);
    }
    // A batch is encoded as a whole before any of it is staged, and a codec may reuse its buffer.
    if (keep) payload = Uint8Array.prototype.slice.call(payload);
    return { sequenceNum, timestampNs, payload: payload as Uint8Array };
  }

  #stage({ sequenceNum, timestampNs, payload }: EncodedEvent): void {
    this.#commit.stage(sequenceNum, timestampNs, payload);
    this.#lastAccepted = sequenceNum;
  }

  #show(first: bigint, last: bigint, { segment, endOffset }: WritePosition): void {
    const newest = this.#segments[this.#segments.length - 1];
    if (segment !== newest) {
      // A newest segment without an entry, too small for the first, was replaced by one of the same name.
      const kept =
        newest?.startSequence === segment.startSequence ? this.#segments.slice(0, -1) : this.#segments;
      this.#segments = [...kept, segment];
    }
    this.#visibleEnd = endOffset;
    this.#lastSequence = last;
    this.#firstSequence ??= first;
    // Somebody poisoned the journal while this was written.
    if (this.#failure !== null) this.#lastAccepted = last;
  }

  #noteDurable(sequence: bigint, position: WritePosition): void {
    if (this.#durableSequence !== null && sequence <= this.#durableSequence) return;
    this.#durableSequence = sequence;
    this.#checkpoint.note(sequence, position);
  }

  /** After archiving: null where only an active segment without an entry is left (orderbook-rs can leave one). */
  #firstOfRest(): bigint | null {
    const isEmpty = this.#segments.length === 1 && this.#visibleEnd === 0;
    return isEmpty ? null : (this.#segments[0]?.startSequence ?? null);
  }

  #countArchivable(limit: bigint): number {
    const { segment: active } = this.#opened.writer.position;
    let count = 0;
    for (const [index, segment] of this.#segments.entries()) {
      const next = this.#segments[index + 1];
      if (segment === active || next === undefined || next.startSequence > limit) break;
      count += 1;
    }
    return count;
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

/** A listener that throws must not keep the others from hearing that the journal failed. */
function callListener(listener: (failure: JournalError) => void, failure: JournalError): void {
  try {
    listener(failure);
  } catch (error) {
    process.emitWarning(
      `an onPoisoned listener threw: ${error instanceof Error ? error.stack : String(error)}`,
    );
  }
}
