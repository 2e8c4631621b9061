import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { RingQueue } from '../common/index.js';
import {
  U64_MAX,
  claimEvent,
  describeThrown,
  ownerOf,
  type Journal,
  type SequencerEvent,
} from '../journal/index.js';
import type { SequencerClock } from './sequencer-clock.js';

/** The append of one event. */
export interface Commit<T = void> {
  /**
   * Whether the journal gave the event its sequence. If not, `acknowledged` rejects, and the sequence is
   * still free.
   */
  readonly accepted: boolean;
  /**
   * Settles after the outcome of the append and of every older one is known, and the listener was called.
   */
  readonly acknowledged: Promise<T>;
}

/** Why an accepted event was not stored. */
export interface Refusal {
  readonly error: unknown;
}

/**
 * Gets the outcome of an accepted commit after every older one is settled, in the async context of the
 * commit.
 */
export interface CommitListener {
  /** The event is stored and may be published. An error of this method is logged. */
  onStored?(): void;
  /**
   * The commit is settled: after `onStored`, or because the event was not stored. Must not throw.
   * @param refusal null for a stored event
   */
  onSettled?(refusal: Refusal | null): void;
}

/** An entry that is not settled. */
class InFlight {
  /** Null until the journal has acknowledged or refused the entry. */
  outcome: 'stored' | Refusal | null = null;
  /** Set if the journal has settled the entry before an older one: the entry waits for that. */
  late: LateSettling | null = null;

  constructor(
    readonly event: SequencerEvent,
    readonly published: SequencerEvent,
    readonly listener: CommitListener,
  ) {}
}

/** What an entry needs to be settled in the turn of an older one. */
interface LateSettling {
  readonly context: AsyncResource;
  readonly resolve: (published: SequencerEvent) => void;
  readonly reject: (error: unknown) => void;
}

/** The position of a journal that holds the last sequence. */
const FULL = U64_MAX + 1n;

/**
 * Appends the events of a Nest application to its journal: every entry point commits here. The journal owns
 * the next sequence, and moves it synchronously in `append`. The queue adds the clock. It publishes
 * acknowledged events in sequence order, even if the promises of the journal resolve in another order.
 */
export class CommitQueue {
  /** In sequence order. Changed by `commit` and `settle` only. */
  private readonly inFlight = new RingQueue<InFlight>();
  /** Events that this queue stored, but that it could not claim. */
  private readonly unclaimed = new WeakSet<SequencerEvent>();
  /** The position of the journal after the last accepted commit; see {@link position}. */
  private expected: bigint | null;
  private idleWaiters: (() => void)[] = [];
  private readonly logger = new Logger('CommitQueue');

  constructor(
    readonly journal: Journal,
    readonly clock: SequencerClock,
    private readonly firstSequence: bigint,
    /** Called for every acknowledged event, before it is published; must not throw. */
    private readonly onStored: (event: SequencerEvent) => void = () => undefined,
  ) {
    this.expected = this.position();
  }

  get size(): number {
    return this.inFlight.size;
  }

  /** Sequence of the next event. */
  get nextSequence(): bigint {
    return this.journal.nextSequence ?? this.firstSequence;
  }

  /** False after an append that did not go through this queue, or after the journal took a sequence back. */
  get isInStep(): boolean {
    return this.position() === this.expected;
  }

  /** Puts the queue in step with the journal as it is. */
  resync(): void;
  /**
   * Puts the queue in step with a journal whose last entry is `held`, after a replay. The caller passes the
   * last entry of its aggregate, so that a newer entry in the journal puts the queue out of step again.
   */
  resync(held: bigint | null): void;
  resync(held?: bigint | null): void {
    if (held === undefined) this.expected = this.position();
    else this.expected = held === null ? null : held + 1n;
  }

  /**
   * Appends an event in this tick.
   * @param listener gets the outcome if the journal accepts the event
   * @param published the object that the application holds, or that is published on the EventBus
   */
  commit(event: SequencerEvent, listener: CommitListener = {}, published: SequencerEvent = event): Commit {
    // The callers of this method wait and use no value.
    return this.commitAnswer(event, listener, published) as Commit<unknown> as Commit;
  }

  /** As {@link commit}, but `acknowledged` resolves with the published event: the answer of a submit. */
  commitAnswer<E extends SequencerEvent>(
    event: SequencerEvent,
    listener: CommitListener,
    published: E,
  ): Commit<E> {
    const before = this.position();
    const appended = this.append(event);
    const after = this.position();
    const accepted = after !== before && after === event.sequenceNum + 1n;
    if (!accepted) return { accepted, acknowledged: appended.then(() => published) };
    if (before === this.expected) this.expected = after;
    this.clock.observe(event.timestampNs);
    const item = new InFlight(event, published, listener);
    this.inFlight.push(item);
    // The reactions run in the async context of this call.
    const acknowledged = appended.then(
      () => this.settle(item, 'stored'),
      (error: unknown) => this.settle(item, { error }),
    );
    return { accepted, acknowledged: acknowledged as Promise<E> };
  }

  /** Whether this queue stored this very object: the EventBus may deliver it again. */
  hasSeen(event: SequencerEvent): boolean {
    return ownerOf(event) === this || this.unclaimed.has(event);
  }

  /** The event with this sequence, while it is not settled. */
  findInFlight(sequence: bigint): SequencerEvent | undefined {
    const { inFlight } = this;
    const oldest = inFlight.first;
    if (oldest === undefined || sequence < oldest.event.sequenceNum) return undefined;
    // Sequences are usually consecutive.
    const guess = inFlight.at(Number(sequence - oldest.event.sequenceNum));
    if (guess?.event.sequenceNum === sequence) return guess.event;
    for (const { event } of inFlight) if (event.sequenceNum === sequence) return event;
    return undefined;
  }

  /** Resolves when nothing is in flight; never rejects. */
  async idle(): Promise<void> {
    while (this.size > 0) {
      await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
    }
  }

  /** A journal of the application may throw where the contract says that it rejects. */
  private append(event: SequencerEvent): Promise<void> {
    try {
      return this.journal.append(event);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Settles an entry whose outcome is known, and newer ones that wait for it.
   * @returns the answer of the entry's commit: an event, or a promise if an older entry is not settled yet
   */
  private settle(item: InFlight, outcome: 'stored' | Refusal): SequencerEvent | Promise<SequencerEvent> {
    item.outcome = outcome;
    if (this.inFlight.first !== item) {
      const context = new AsyncResource('Commit');
      return new Promise((resolve, reject) => (item.late = { context, resolve, reject }));
    }
    this.inFlight.shift(); // before the callbacks, which may look at the queue
    this.report(item);
    this.settleLate();
    if (this.inFlight.size === 0) this.wakeIdle();
    if (outcome !== 'stored') throw outcome.error;
    return item.published;
  }

  /** Settles the entries whose outcome was known before that of an older one. */
  private settleLate(): void {
    for (let next = this.inFlight.first; next?.late; next = this.inFlight.first) {
      this.inFlight.shift();
      const { late, outcome, published } = next;
      late.context.runInAsyncScope(this.report, this, next);
      if (outcome === 'stored') late.resolve(published);
      else late.reject((outcome as Refusal).error);
    }
  }

  private report({ event, published, listener, outcome }: InFlight): void {
    if (outcome !== 'stored') {
      listener.onSettled?.(outcome as Refusal);
      return;
    }
    if (!claimEvent(published, this)) this.unclaimed.add(published);
    this.onStored(event);
    try {
      listener.onStored?.();
    } catch (error) {
      // The event is stored all the same.
      this.logger.error(
        `entry ${event.sequenceNum} is stored, but publishing it failed`,
        describeThrown(error),
      );
    }
    listener.onSettled?.(null);
  }

  private wakeIdle(): void {
    if (this.idleWaiters.length === 0) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }

  /**
   * The sequence after the last one that the journal accepted: null for an empty journal. A full journal has
   * no next sequence; its position is 2^64.
   */
  private position(): bigint | null {
    const { journal } = this;
    return journal.nextSequence ?? (journal.lastSequence === null ? null : FULL);
  }
}
