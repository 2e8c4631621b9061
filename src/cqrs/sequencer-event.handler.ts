import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import {
  SequenceConflictError,
  SequencerEvent,
  messageOf,
  stackOf,
  type PayloadCodec,
} from '../journal/index.js';
import type { CommitQueue, Sequencer } from '../sequencer/index.js';
import type { PublicationGate } from './publication-guard.js';

/**
 * Persists the SequencerEvents that other parts of the application publish on the EventBus, in publication
 * order. It runs before the publisher, so handlers and custom publishers get only stored events.
 *
 * A caller of `EventBus.publish` rarely awaits the outcome. So a failure here poisons the journal: every
 * later `submit` and `save` rejects, and a restart recovers from disk. Code that needs the outcome uses
 * {@link WriteAheadPublisher} or the Sequencer.
 *
 * If an event is published again and the journal holds the same bytes, the handler skips it. A different
 * event with a used sequence is a conflict.
 * @publicApi
 */
export class SequencerEventHandler implements PublicationGate {
  private readonly logger = new Logger(SequencerEventHandler.name);

  /**
   * @param isOwn true for an event that this application has stored in one of its journals
   * @param accepts false for an event that belongs to another journal
   * @internal
   */
  constructor(
    private readonly queue: CommitQueue,
    private readonly sequencer: Pick<Sequencer, 'commitExternal'>,
    private readonly codec: PayloadCodec,
    private readonly isOwn: (event: SequencerEvent) => boolean,
    private readonly accepts: (event: SequencerEvent) => boolean,
  ) {}

  /** Persists a SequencerEvent, and ignores other events; never throws. */
  handle(event: unknown): void {
    this.hold(event, () => undefined)?.catch(() => undefined);
  }

  /** Whether {@link hold} may hold an event: a SequencerEvent that this application has not stored. */
  mayHold(event: unknown): boolean {
    return SequencerEvent.isSequencerEvent(event) && !this.isOwn(event);
  }

  /**
   * As {@link handle}, for an event that is published only after it is stored; never throws.
   * @param onStored called after the event is stored, in sequence order and in the async context of this call
   * @returns settles with the append, after `onStored`; null for an event that is not stored here, or is
   * stored already
   */
  hold(event: unknown, onStored: () => void): Promise<void> | null {
    const { isOwn, accepts } = this;
    if (!SequencerEvent.isSequencerEvent(event) || isOwn(event)) return null;
    try {
      return accepts(event) ? this.persist(event, AsyncResource.bind(onStored)) : null;
    } catch (error) {
      this.fail(event, error);
      return Promise.reject(error as Error);
    }
  }

  private persist(event: SequencerEvent, onStored: () => void): Promise<void> | null {
    const { queue, sequencer } = this;
    const { journal } = queue;
    const isTaken = journal.nextSequence !== null && event.sequenceNum < journal.nextSequence;
    if (isTaken) return this.compare(event, onStored);
    // An empty journal must also start at the configured sequence: otherwise its first entries would seem
    // lost.
    if (event.sequenceNum !== queue.nextSequence) {
      throw new SequenceConflictError(queue.nextSequence, event.sequenceNum);
    }
    const { acknowledged } = sequencer.commitExternal(event, onStored);
    acknowledged.catch((error: unknown) => this.fail(event, error));
    return acknowledged;
  }

  /**
   * Compares an event whose sequence is already used with the entry of that sequence, stored or in flight.
   */
  private compare(event: SequencerEvent, onStored: () => void): Promise<void> | null {
    const { codec, queue } = this;
    const published = codec.encode(event);
    const inFlight = queue.findInFlight(event.sequenceNum);
    if (inFlight !== undefined) this.assertEqual(published, codec.encode(inFlight), event);
    else if (this.isVisible(event.sequenceNum)) {
      this.assertEqual(published, this.storedBytes(event.sequenceNum), event);
      return null;
    }
    // The append of the entry is pending.
    const stored = queue.journal.flush().then(() => {
      this.assertEqual(published, this.storedBytes(event.sequenceNum), event);
      onStored();
    });
    stored.catch((error: unknown) => this.fail(event, error));
    return stored;
  }

  private isVisible(sequence: bigint): boolean {
    const { lastSequence } = this.queue.journal;
    return lastSequence !== null && sequence <= lastSequence;
  }

  /** Null if the entry is archived: then the two events cannot be compared. */
  private storedBytes(sequence: bigint): Uint8Array | null {
    for (const entry of this.queue.journal.readFrom(sequence, { limit: 1 })) {
      return entry.sequenceNum === sequence ? entry.payload : null;
    }
    return null;
  }

  private assertEqual(published: Uint8Array, stored: Uint8Array | null, event: SequencerEvent): void {
    if (stored !== null && Buffer.compare(published, stored) === 0) return;
    throw new SequenceConflictError(this.queue.journal.nextSequence, event.sequenceNum);
  }

  private fail(event: SequencerEvent, error: unknown): void {
    this.logger.fatal(
      `event ${event.sequenceNum} was published but is not journaled: ${messageOf(error)}; ` +
        'the journal accepts no more events: restart the application',
      stackOf(error),
    );
    this.queue.journal.poison(error);
  }
}
