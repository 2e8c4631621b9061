import { EntrySequence, subscribeTo } from '../../journal-kit/index.js';
import {
  InvalidArgumentError,
  JournalClosedError,
  JournalPoisonedError,
  SequenceConflictError,
  SequencerEvent,
  U64_MAX,
  type Durability,
  type IntegrityReport,
  type Journal,
  type JournalEntries,
  type JournalError,
  type JournalSubscription,
  type ReadOptions,
  type RecoveryReport,
  type SubscribeOptions,
  type VerifyOptions,
} from '../../journal/index.js';
import { entriesWithFaults, reportWithFaults } from './faulty-reading.js';
import type { ArmedFaults } from './armed-faults.js';

type Events<TCommand, TResult> = readonly SequencerEvent<TCommand, TResult>[];

/** An append that was accepted and has not reached the inner journal. */
interface PendingAppend<TCommand, TResult> {
  readonly events: Events<TCommand, TResult>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A journal with faults. While none is armed, it passes every call to the inner journal. */
export class FaultInjectingJournal<TCommand, TResult> implements Journal<TCommand, TResult> {
  readonly onAdvanced?: (listener: () => void) => () => void;
  /** In sequence order. Later appends wait for them. */
  private pending: PendingAppend<TCommand, TResult>[] = [];
  private working: Promise<void> | null = null;
  /** The last sequence that a pending append has taken. */
  private lastTaken: bigint | null = null;
  /** The first entry that was stored although its append failed: readers see it after a restart. */
  private hiddenFrom: bigint | null = null;

  constructor(
    private readonly inner: Journal<TCommand, TResult>,
    private readonly faults: ArmedFaults,
  ) {
    const { onAdvanced } = inner;
    if (onAdvanced !== undefined) this.onAdvanced = (listener) => onAdvanced.call(inner, listener);
  }

  get durability(): Durability {
    return this.inner.durability;
  }

  get recovery(): RecoveryReport {
    return this.inner.recovery;
  }

  get state(): 'open' | 'poisoned' | 'closed' {
    return this.inner.state;
  }

  get failure(): JournalError | null {
    return this.inner.failure;
  }

  get isComplete(): boolean | undefined {
    return this.inner.isComplete;
  }

  get firstAvailableSequence(): bigint | null {
    const first = this.inner.firstAvailableSequence;
    return first !== null && this.isHidden(first) ? null : first;
  }

  get lastSequence(): bigint | null {
    return this.visible(this.inner.lastSequence);
  }

  get durableSequence(): bigint | null {
    return this.visible(this.inner.durableSequence);
  }

  get nextSequence(): bigint | null {
    if (this.hiddenFrom !== null) return this.hiddenFrom;
    if (this.pending.length > 0 && this.lastTaken !== null)
      return this.lastTaken === U64_MAX ? null : this.lastTaken + 1n;
    return this.inner.nextSequence;
  }

  append(event: SequencerEvent<TCommand, TResult>): Promise<void> {
    return this.isTransparent ? this.inner.append(event) : this.accept([event]);
  }

  appendBatch(events: Events<TCommand, TResult>): Promise<void> {
    return this.isTransparent ? this.inner.appendBatch(events) : this.accept(events);
  }

  readFrom(sequence: bigint | number, options: ReadOptions = {}): JournalEntries<TCommand, TResult> {
    // Checks the arguments, and that the journal is open.
    const intact = this.inner.readFrom(sequence, options);
    if (this.hiddenFrom === null && !this.faults.hasCorruptEntries) return intact;
    const { limit, signal, ...rest } = options;
    const start = () => {
      const entries = this.inner.readFrom(sequence, rest);
      return entriesWithFaults(entries, this.faults, this.hiddenFrom, options.onCorrupt);
    };
    return new EntrySequence(start, { limit, signal });
  }

  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult> {
    if (this.state === 'closed') throw new JournalClosedError();
    return subscribeTo(this, options);
  }

  async verifyIntegrity(options?: VerifyOptions): Promise<IntegrityReport> {
    return reportWithFaults(await this.inner.verifyIntegrity(options), this.inner, this.faults);
  }

  async flush(): Promise<void> {
    while (this.working !== null) await this.working;
    await this.inner.flush();
  }

  archiveSegmentsBefore(sequence: bigint | number): Promise<number> {
    return this.inner.archiveSegmentsBefore(sequence);
  }

  poison(cause: unknown): void {
    this.inner.poison(cause);
    this.rejectPending();
  }

  onPoisoned(listener: (failure: JournalError) => void): () => void {
    return this.inner.onPoisoned(listener);
  }

  async close(): Promise<void> {
    while (this.working !== null) await this.working;
    await this.inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private get isTransparent(): boolean {
    return this.pending.length === 0 && (!this.faults.concernsAppends || this.state !== 'open');
  }

  /** Takes the sequences now, like a journal whose disk answers later. */
  private async accept(events: Events<TCommand, TResult>): Promise<void> {
    this.assertFollowing(events);
    const last = events.at(-1);
    if (last === undefined) return;
    this.lastTaken = last.sequenceNum;
    const done = new Promise<void>((resolve, reject) => this.pending.push({ events, resolve, reject }));
    this.working ??= this.work();
    await done;
  }

  private async work(): Promise<void> {
    // Never in the turn of the append: a disk refuses later.
    await Promise.resolve();
    while (this.pending.length > 0) {
      while (this.faults.held !== null) await this.faults.held;
      const [next] = this.pending;
      if (next === undefined) break;
      await this.write(next);
    }
    this.working = null;
  }

  private async write(next: PendingAppend<TCommand, TResult>): Promise<void> {
    const { events, resolve, reject } = next;
    const fault = this.faults.takeFor(events[0]?.sequenceNum ?? 0n, events.at(-1)?.sequenceNum ?? 0n);
    if (fault?.kind === 'refuse') {
      // Later appends have lost their sequences, as in the file journal.
      const refused = this.pending;
      this.pending = [];
      for (const append of refused) append.reject(fault.error);
      return;
    }
    if (fault?.kind === 'poison') {
      this.hiddenFrom = events[0]?.sequenceNum ?? null;
      if (fault.stored) await this.passOn(events).catch(() => undefined);
      this.pending = this.pending.filter((append) => append !== next);
      this.inner.poison(fault.cause);
      reject(new JournalPoisonedError(fault.cause, 'unknown'));
      this.rejectPending();
      return;
    }
    const stored = this.passOn(events);
    // The inner journal has taken the sequence in this turn.
    this.pending = this.pending.filter((append) => append !== next);
    stored.then(resolve, reject);
  }

  private passOn(events: Events<TCommand, TResult>): Promise<void> {
    const [only] = events;
    return events.length === 1 && only !== undefined
      ? this.inner.append(only)
      : this.inner.appendBatch(events);
  }

  private rejectPending(): void {
    const cause = this.inner.failure?.cause;
    const refused = this.pending;
    this.pending = [];
    for (const { reject } of refused) reject(new JournalPoisonedError(cause));
  }

  private assertFollowing(events: Events<TCommand, TResult>): void {
    if (!Array.isArray(events))
      throw new InvalidArgumentError('events', events, 'an array of SequencerEvent');
    if (this.state === 'closed') throw new JournalClosedError();
    if (this.failure !== null) throw new JournalPoisonedError(this.failure.cause);
    let expected = this.nextSequence;
    for (const event of events) {
      if (!SequencerEvent.isSequencerEvent(event))
        throw new InvalidArgumentError('event', event, 'a SequencerEvent');
      const { sequenceNum } = event;
      const isFull = expected === null && (this.lastTaken ?? this.inner.lastSequence) === U64_MAX;
      if (isFull || (expected !== null && sequenceNum !== expected))
        throw new SequenceConflictError(expected, sequenceNum);
      expected = sequenceNum === U64_MAX ? null : sequenceNum + 1n;
    }
  }

  private isHidden(sequence: bigint): boolean {
    return this.hiddenFrom !== null && sequence >= this.hiddenFrom;
  }

  private visible(sequence: bigint | null): bigint | null {
    if (sequence === null || !this.isHidden(sequence) || this.hiddenFrom === null) return sequence;
    const first = this.inner.firstAvailableSequence;
    return first === null || first >= this.hiddenFrom ? null : this.hiddenFrom - 1n;
  }
}
