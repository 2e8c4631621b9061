import {
  AdvanceListeners,
  EntrySequence,
  PoisonListeners,
  assertReadOptions,
  assertVerifyOptions,
  subscribeTo,
} from '../journal-kit/index.js';
import {
  InvalidArgumentError,
  InvalidOptionError,
  JournalClosedError,
  JournalError,
  JournalPoisonedError,
  SequenceConflictError,
  U64_MAX,
  toU64,
  type Durability,
  type IntegrityReport,
  type Journal,
  type JournalEntries,
  type JournalSubscription,
  type PayloadCodec,
  type ReadOptions,
  type RecoveryReport,
  type SequencerEvent,
  type SubscribeOptions,
  type VerifyOptions,
} from '../journal/index.js';
import { monotonicMs, setImmediate } from '../common/index.js';
import { entriesOf } from './memory-entries.js';
import { verifyRecords } from './memory-integrity.js';
import { encodeRecord } from './encode-record.js';
import type { MemoryRecord } from './memory-record.js';
import { MemorySegments } from './memory-segments.js';
import { isEvent, recordOf, type InitialEntry } from './initial-entry.js';
import { resolveOptions, type InMemoryJournalOptions, type ResolvedOptions } from './options.js';

/** The records of one `append` or `appendBatch` that are accepted but not yet acknowledged. */
interface PendingAppend {
  readonly records: readonly MemoryRecord[];
  readonly resolve: () => void;
  readonly reject: (error: JournalError) => void;
}

/**
 * An in-memory journal with the contract and the errors of the file journal, for tests and prototypes. It
 * encodes events, stores their bytes and CRC, and decodes the bytes when they are read.
 *
 * `append` reserves the sequence when it is called. Readers see the entry when the promise resolves.
 *
 * @example
 * const journal = await InMemoryJournal.open();
 * const event = new SequencerEvent({ sequenceNum: 0, timestampNs: 1, command: 'Open', result: null });
 * await journal.append(event);
 * for (const entry of journal.readFrom(0)) console.log(entry.sequenceNum, entry.event.command); // 0n 'Open'
 * @publicApi
 */
export class InMemoryJournal<TCommand = unknown, TResult = unknown> implements Journal<TCommand, TResult> {
  /** When an append resolves. */
  readonly durability: Durability;
  readonly recovery: RecoveryReport;

  private readonly codec: PayloadCodec<TCommand, TResult>;
  private readonly segments: MemorySegments;
  private readonly advanced = new AdvanceListeners();
  private readonly poisonListeners = new PoisonListeners();
  private pending: PendingAppend[] = [];
  private committing: Promise<void> | null = null;
  private lastAccepted: bigint | null = null;
  private durable: bigint | null = null;
  private poisonedBy: JournalPoisonedError | null = null;
  private closing: Promise<void> | null = null;
  private hasArchived = false;

  private constructor(options: ResolvedOptions<TCommand, TResult>) {
    const startedAt = monotonicMs();
    this.durability = options.durability;
    this.codec = options.codec;
    this.segments = new MemorySegments(options.entriesPerSegment);
    for (const entry of options.initialEntries) this.load(entry);
    this.durable = this.segments.lastSequence;
    this.recovery = {
      outcome: this.segments.count === 0 ? 'created' : 'clean',
      segments: this.segments.count,
      firstAvailableSequence: this.segments.firstSequence,
      lastSequence: this.segments.lastSequence,
      cut: null,
      durationMs: monotonicMs() - startedAt,
    };
  }

  /**
   * Opens a journal with the entries of `initialEntries`.
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   * @throws (rejects) SerializationError (`JOURNAL_SERIALIZATION`) for an initial event that cannot be
   * encoded
   */
  static async open<TCommand = unknown, TResult = unknown>(
    options: InMemoryJournalOptions<TCommand, TResult> = {},
  ): Promise<InMemoryJournal<TCommand, TResult>> {
    return new InMemoryJournal(resolveOptions(options));
  }

  get state(): 'open' | 'poisoned' | 'closed' {
    if (this.closing !== null) return 'closed';
    return this.poisonedBy === null ? 'open' : 'poisoned';
  }

  get failure(): JournalError | null {
    return this.poisonedBy;
  }

  get nextSequence(): bigint | null {
    return this.lastAccepted === null || this.lastAccepted === U64_MAX ? null : this.lastAccepted + 1n;
  }

  get firstAvailableSequence(): bigint | null {
    return this.segments.firstSequence;
  }

  get isComplete(): boolean {
    return !this.hasArchived;
  }

  get lastSequence(): bigint | null {
    return this.segments.lastSequence;
  }

  get durableSequence(): bigint | null {
    return this.durable;
  }

  // An async function runs in the caller's turn up to its first await: nextSequence has moved when append
  // returns.
  async append(event: SequencerEvent<TCommand, TResult>): Promise<void> {
    this.assertWritable();
    await this.accept([this.encode(event, 'event')]);
  }

  async appendBatch(events: readonly SequencerEvent<TCommand, TResult>[]): Promise<void> {
    this.assertWritable();
    if (!Array.isArray(events))
      throw new InvalidArgumentError('events', events, 'an array of SequencerEvent');
    await this.accept(Array.from(events, (event, index) => this.encode(event, `events[${index}]`)));
  }

  readFrom(sequence: bigint | number, options: ReadOptions = {}): JournalEntries<TCommand, TResult> {
    const first = toU64('sequence', sequence);
    assertReadOptions(options);
    this.assertNotClosed();
    const start = () => {
      this.assertNotClosed();
      return entriesOf(this.segments.from(first), this.codec, options.onCorrupt);
    };
    return new EntrySequence(start, { ...options });
  }

  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult> {
    this.assertNotClosed();
    return subscribeTo(this, options);
  }

  onAdvanced(listener: () => void): () => void {
    return this.advanced.add(listener);
  }

  async flush(): Promise<void> {
    this.assertWritable();
    await this.committing;
    // Appends that were pending when the journal was poisoned never become durable.
    if (this.poisonedBy !== null) throw new JournalPoisonedError(this.poisonedBy.cause);
    this.durable = this.segments.lastSequence;
    this.advanced.notify();
  }

  async archiveSegmentsBefore(sequence: bigint | number): Promise<number> {
    const firstKept = toU64('sequence', sequence);
    this.assertWritable();
    const archived = this.segments.archiveBefore(firstKept);
    if (archived > 0) this.hasArchived = true;
    return archived;
  }

  async verifyIntegrity(options?: VerifyOptions): Promise<IntegrityReport> {
    assertVerifyOptions(options);
    this.assertNotClosed();
    return verifyRecords(this.segments.from(0n), this.segments.count, this.codec);
  }

  poison(cause: unknown): void {
    if (this.poisonedBy !== null || this.closing !== null) return;
    const failure = cause instanceof JournalPoisonedError ? cause : new JournalPoisonedError(cause);
    this.poisonedBy = failure;
    this.lastAccepted = this.segments.lastSequence;
    const refused = this.pending;
    this.pending = [];
    for (const { reject } of refused) reject(new JournalPoisonedError(failure.cause));
    this.poisonListeners.notify(failure);
    this.advanced.notify();
  }

  onPoisoned(listener: (failure: JournalError) => void): () => void {
    return this.poisonListeners.add(listener, this.poisonedBy);
  }

  close(): Promise<void> {
    this.closing ??= this.settleAndClose();
    this.advanced.notify();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async settleAndClose(): Promise<void> {
    await this.committing;
    this.durable = this.segments.lastSequence;
    this.poisonListeners.clear();
  }

  /** Reserves the sequences of `records` now, and stores all records or none in a later turn. */
  private accept(records: readonly MemoryRecord[]): Promise<void> {
    // Encoding ran code of the application (toJSON, a codec), which may have closed the journal or appended
    // to it.
    this.assertWritable();
    this.assertFollowing(records);
    this.lastAccepted = records.at(-1)?.sequenceNum ?? this.lastAccepted;
    return new Promise((resolve, reject) => {
      this.pending.push({ records, resolve, reject });
      // A promise, not a timer or queueMicrotask: fake timers of a test runner must not stop a journal.
      this.committing ??= Promise.resolve().then(() => this.commit());
    });
  }

  private commit(): void {
    const committed = this.pending;
    this.pending = [];
    this.committing = null;
    for (const { records } of committed) for (const record of records) this.segments.push(record);
    if (this.durability === 'sync') this.durable = this.segments.lastSequence;
    else this.syncInBackground();
    this.advanced.notify();
    for (const { resolve } of committed) resolve();
  }

  private syncInBackground(): void {
    const written = this.segments.lastSequence;
    const sync = (): void => {
      const failed = this.poisonedBy !== null;
      if (!failed && written !== null && (this.durable === null || this.durable < written))
        this.durable = written;
      this.advanced.notify();
    };
    setImmediate(sync).unref();
  }

  private encode(event: SequencerEvent<TCommand, TResult>, name: string): MemoryRecord {
    return encodeRecord(this.codec, event, name);
  }

  private assertFollowing(records: readonly MemoryRecord[]): void {
    let last = this.lastAccepted;
    for (const { sequenceNum } of records) {
      if (last !== null && sequenceNum !== last + 1n) {
        throw new SequenceConflictError(last === U64_MAX ? null : last + 1n, sequenceNum);
      }
      last = sequenceNum;
    }
  }

  private assertWritable(): void {
    this.assertNotClosed();
    if (this.poisonedBy !== null) throw new JournalPoisonedError(this.poisonedBy.cause);
  }

  private assertNotClosed(): void {
    if (this.closing !== null) throw new JournalClosedError();
  }

  private load(entry: InitialEntry<TCommand, TResult>): void {
    const record = isEvent(entry) ? this.encode(entry, 'initialEntries') : recordOf(entry);
    const expected = this.nextSequence;
    if (this.lastAccepted !== null && record.sequenceNum !== expected) {
      throw new InvalidOptionError(
        'initialEntries',
        record.sequenceNum,
        `consecutive, with ${expected} next`,
      );
    }
    this.segments.push(record);
    this.lastAccepted = record.sequenceNum;
  }
}
