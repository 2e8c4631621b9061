import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { U64_MAX, describeThrown, type Journal, type SequencerEvent } from '../journal/index.js';
import type { SequencerClock } from './sequencer-clock.js';

/** An event that was handed to the journal. */
export interface Commit {
  /**
   * Whether the journal took the event's sequence. If not, `acknowledged` rejects, and the sequence is still free.
   */
  readonly accepted: boolean;
  /** Settles in sequence order: after the journal acknowledged the event, it was published, and all before it were. */
  readonly acknowledged: Promise<void>;
}

interface InFlight {
  readonly event: SequencerEvent;
  readonly published: SequencerEvent;
  readonly onAcknowledged: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Its own async context, where it is settled in the turn of another entry. */
  context: AsyncResource | null;
  outcome: 'pending' | 'acknowledged' | { readonly error: unknown };
}

/**
 * The one way of the Nest side into a journal, behind all three doors. The journal itself owns the next sequence and
 * moves it synchronously in `append`; this adds the time, and the order in which acknowledged events become visible:
 * sequence order, whatever order promises resolve in.
 */
export class CommitQueue {
  /** In sequence order from `head` on; the one there is the oldest that was not acknowledged. Owned by `commit` and `settle`. */
  private inFlight: InFlight[] = [];
  /** What lies before it is done; taken away now and then, because `shift` would move all that is behind, each time. */
  private head = 0;
  /** Every event that was stored through here, to know it again when it passes over the EventBus. */
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

  /** The sequence the next event gets. */
  get nextSequence(): bigint {
    return this.journal.nextSequence ?? this.firstSequence;
  }

  /** False when somebody else appended to the journal, or the journal gave a sequence back. */
  get isInStep(): boolean {
    return this.lastTaken() === this.lastAccepted;
  }

  /**
   * From here on this is in step with a journal whose last entry is `held`; for after a replay. An entry that came behind it
   * puts it out of step again, so who knows what the aggregate holds says so.
   */
  resync(held: bigint | null = this.lastTaken()): void {
    this.lastAccepted = held;
  }

  /**
   * Appends an event in this tick. `onAcknowledged` runs when it is stored and everything before it is done, in the async context of
   * this call.
   * @param published the event as the EventBus will show it to us
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

  /** Whether this very object was stored through here. */
  hasSeen(event: SequencerEvent): boolean {
    return this.seen.has(event);
  }

  /** The event with this sequence, while it is not acknowledged. */
  findInFlight(sequence: bigint): SequencerEvent | undefined {
    const oldest = this.inFlight[this.head];
    if (oldest === undefined || sequence < oldest.event.sequenceNum) return undefined;
    // As a rule they count on one by one.
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
    // This runs in the context of the `commit` of this item.
    if (this.inFlight[this.head] !== item) item.context = new AsyncResource('Commit');
    for (let head = this.inFlight[this.head]; head !== undefined; head = this.inFlight[this.head]) {
      if (head.outcome === 'pending') break;
      this.head += 1; // first: who is told may look
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

  /** The last sequence that the journal has given away; null on an empty one. A full one has no next sequence. */
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
        // It is stored, whatever its sender makes of that.
        this.logger.error(`what was to follow entry ${item.event.sequenceNum} failed`, describeThrown(error));
      }
      item.resolve();
    } else if (item.outcome !== 'pending') {
      item.reject(item.outcome.error);
    }
  }
}
