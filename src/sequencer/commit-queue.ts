import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { U64_MAX, describeThrown, type Journal, type SequencerEvent } from '../journal/index.js';
import type { SequencerClock } from './sequencer-clock.js';

/** The append of one event. */
export interface Commit {
  /**
   * Whether the journal gave the event its sequence. If not, `acknowledged` rejects, and the sequence is
   * still free.
   */
  readonly accepted: boolean;
  /** Settles in sequence order, after the event was acknowledged and its `onAcknowledged` was called. */
  readonly acknowledged: Promise<void>;
}

interface InFlight {
  readonly event: SequencerEvent;
  readonly published: SequencerEvent;
  readonly onAcknowledged: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** The async context of the commit, if the entry is settled together with an older one; otherwise null. */
  context: AsyncResource | null;
  outcome: 'pending' | 'acknowledged' | { readonly error: unknown };
}

/**
 * Appends the events of a Nest application to its journal: every entry point commits here. The journal owns
 * the next sequence, and moves it synchronously in `append`. The queue adds the clock. It publishes
 * acknowledged events in sequence order, even if the promises of the journal resolve in another order.
 */
export class CommitQueue {
  /**
   * In sequence order; the entry at `head` is the oldest unsettled one. Changed by `commit` and `settle`
   * only.
   */
  private inFlight: InFlight[] = [];
  /**
   * Index of the oldest unsettled entry. Earlier entries are removed in bulk: `shift` would move all others
   * each time.
   */
  private head = 0;
  /** Every event that this queue stored: the EventBus may deliver it again. */
  private readonly seen = new WeakSet<SequencerEvent>();
  private lastAccepted: bigint | null;
  private idleWaiters: (() => void)[] = [];
  private readonly logger = new Logger('CommitQueue');

  constructor(
    readonly journal: Journal,
    readonly clock: SequencerClock,
    private readonly firstSequence: bigint,
    /** Called for every acknowledged event, before it is published; must not throw. */
    private readonly onStored: (event: SequencerEvent) => void = () => undefined,
  ) {
    this.lastAccepted = this.lastTaken();
  }

  get size(): number {
    return this.inFlight.length - this.head;
  }

  /** Sequence of the next event. */
  get nextSequence(): bigint {
    return this.journal.nextSequence ?? this.firstSequence;
  }

  /** False after an append that did not go through this queue, or after the journal took a sequence back. */
  get isInStep(): boolean {
    return this.lastTaken() === this.lastAccepted;
  }

  /**
   * Puts the queue in step with a journal whose last entry is `held`, after a replay. The caller passes the
   * last entry of its aggregate, so that a newer entry in the journal puts the queue out of step again.
   */
  resync(held: bigint | null = this.lastTaken()): void {
    this.lastAccepted = held;
  }

  /**
   * Appends an event in this tick. `onAcknowledged` runs after the event is stored and every older one is
   * settled, in the async context of this call.
   * @param published the object that the application holds, or that is published on the EventBus
   */
  commit(
    event: SequencerEvent,
    onAcknowledged: () => void = () => undefined,
    published: SequencerEvent = event,
  ): Commit {
    const wasInStep = this.isInStep;
    const takenBefore = this.lastTaken();
    const appended = this.journal.append(event);
    const accepted = takenBefore !== event.sequenceNum && this.lastTaken() === event.sequenceNum;
    if (!accepted) return { accepted, acknowledged: appended };
    if (wasInStep) this.lastAccepted = event.sequenceNum;
    this.clock.observe(event.timestampNs);
    const acknowledged = new Promise<void>((resolve, reject) => {
      const item: InFlight = {
        event,
        published,
        onAcknowledged,
        resolve,
        reject,
        context: null,
        outcome: 'pending',
      };
      this.inFlight.push(item);
      appended.then(
        () => this.settle(item, 'acknowledged'),
        (error: unknown) => this.settle(item, { error }),
      );
    });
    return { accepted, acknowledged };
  }

  /** Whether this queue stored this very object. */
  hasSeen(event: SequencerEvent): boolean {
    return this.seen.has(event);
  }

  /** The event with this sequence, while it is not settled. */
  findInFlight(sequence: bigint): SequencerEvent | undefined {
    const oldest = this.inFlight[this.head];
    if (oldest === undefined || sequence < oldest.event.sequenceNum) return undefined;
    // Sequences are usually consecutive.
    const guess = this.inFlight[this.head + Number(sequence - oldest.event.sequenceNum)];
    if (guess?.event.sequenceNum === sequence) return guess.event;
    return this.inFlight.find(({ event }) => event.sequenceNum === sequence)?.event;
  }

  /** Resolves when nothing is in flight; never rejects. */
  async idle(): Promise<void> {
    while (this.size > 0) {
      await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
    }
  }

  private settle(item: InFlight, outcome: InFlight['outcome']): void {
    item.outcome = outcome;
    // This code runs in the async context of the `commit` of this item.
    if (this.inFlight[this.head] !== item) item.context = new AsyncResource('Commit');
    for (let head = this.inFlight[this.head]; head !== undefined; head = this.inFlight[this.head]) {
      if (head.outcome === 'pending') break;
      this.head += 1; // before the callbacks, which may look at the queue
      if (head.context === null) this.settleHead(head);
      else head.context.runInAsyncScope(this.settleHead, this, head);
    }
    if (this.head * 2 >= this.inFlight.length) {
      this.inFlight = this.inFlight.slice(this.head);
      this.head = 0;
    }
    if (this.size > 0) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }

  /**
   * The last sequence that the journal accepted; null for an empty one. A full journal has no next sequence.
   */
  private lastTaken(): bigint | null {
    const { nextSequence, lastSequence } = this.journal;
    if (nextSequence !== null) return nextSequence - 1n;
    return lastSequence === null ? null : U64_MAX;
  }

  private settleHead(item: InFlight): void {
    if (item.outcome === 'acknowledged') {
      this.seen.add(item.published);
      this.onStored(item.event);
      try {
        item.onAcknowledged();
      } catch (error) {
        // The event is stored all the same.
        this.logger.error(
          `entry ${item.event.sequenceNum} is stored, but publishing it failed`,
          describeThrown(error),
        );
      }
      item.resolve();
    } else if (item.outcome !== 'pending') {
      item.reject(item.outcome.error);
    }
  }
}
