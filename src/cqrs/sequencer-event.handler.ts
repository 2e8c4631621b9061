import { Logger } from '@nestjs/common';
import { SequenceConflictError, SequencerEvent, type Journal, type PayloadCodec } from '../journal/index.js';
import type { CommitQueue, Sequencer } from '../sequencer/index.js';

export interface SequencerEventHandlerParts {
  readonly journal: Journal;
  readonly queue: CommitQueue;
  readonly sequencer: Pick<Sequencer, 'commitForeign'>;
  readonly codec: PayloadCodec;
  /** True for an event that the Nest side itself put into a journal of this application. */
  readonly isOwn: (event: SequencerEvent) => boolean;
  /** False for an event that is not this journal's. */
  readonly accepts: (event: SequencerEvent) => boolean;
}

/**
 * Persists the SequencerEvents that other parts of the application publish on the EventBus, in the order in which they
 * are published: what `@EventsHandler(SequencerEvent)` would do, only for the whole life of the application.
 *
 * `EventBus.publish` cannot be awaited and swallows a handler's error. So a failure here poisons the journal: nobody is
 * told that an event is stored when it is not, every later `submit` and `save` rejects, and a restart recovers from disk.
 * Who needs the answer uses {@link WriteAheadPublisher} or the Sequencer.
 *
 * An event that comes a second time is skipped if the journal holds the very same bytes; another event with a taken
 * sequence is a conflict.
 * @publicApi
 */
export class SequencerEventHandler {
  private readonly logger = new Logger(SequencerEventHandler.name);

  constructor(private readonly parts: SequencerEventHandlerParts) {}

  /** Takes anything the bus carries; never throws. */
  handle(event: unknown): void {
    const { isOwn, accepts } = this.parts;
    if (!SequencerEvent.isSequencerEvent(event) || isOwn(event)) return;
    try {
      if (accepts(event)) this.persist(event);
    } catch (error) {
      this.fail(event, error);
    }
  }

  private persist(event: SequencerEvent): void {
    const { queue, sequencer, journal } = this.parts;
    const isTaken = journal.nextSequence !== null && event.sequenceNum < journal.nextSequence;
    if (isTaken) {
      this.assertSameBytes(event);
      return;
    }
    // On an empty journal, too: one that begins elsewhere than configured would look as if its beginning were lost.
    if (event.sequenceNum !== queue.nextSequence) {
      throw new SequenceConflictError(queue.nextSequence, event.sequenceNum);
    }
    const { acknowledged } = sequencer.commitForeign(event);
    acknowledged.catch((error: unknown) => this.fail(event, error));
  }

  private assertSameBytes(event: SequencerEvent): void {
    const published = this.parts.codec.encode(event);
    const inFlight = this.parts.queue.findInFlight(event.sequenceNum);
    if (inFlight !== undefined) {
      this.assertEqual(published, this.parts.codec.encode(inFlight), event);
      return;
    }
    if (this.isVisible(event.sequenceNum)) {
      this.assertEqual(published, this.storedBytes(event.sequenceNum), event);
      return;
    }
    // Appended by somebody else and still on its way.
    this.parts.journal
      .flush()
      .then(() => this.assertEqual(published, this.storedBytes(event.sequenceNum), event))
      .catch((error: unknown) => this.fail(event, error));
  }

  private isVisible(sequence: bigint): boolean {
    const { lastSequence } = this.parts.journal;
    return lastSequence !== null && sequence <= lastSequence;
  }

  /** Null when the entry is gone (archived): then nothing proves that the event is the same. */
  private storedBytes(sequence: bigint): Uint8Array | null {
    for (const entry of this.parts.journal.readFrom(sequence, { limit: 1 })) {
      return entry.sequenceNum === sequence ? entry.payload : null;
    }
    return null;
  }

  private assertEqual(published: Uint8Array, stored: Uint8Array | null, event: SequencerEvent): void {
    if (stored !== null && Buffer.compare(published, stored) === 0) return;
    throw new SequenceConflictError(this.parts.journal.nextSequence, event.sequenceNum);
  }

  private fail(event: SequencerEvent, error: unknown): void {
    const { journal } = this.parts;
    this.logger.fatal(
      `event ${event.sequenceNum} was published but is not journaled: ${error instanceof Error ? error.message : String(error)}; ` +
        'the journal accepts nothing more until the application restarts',
      error instanceof Error ? error.stack : undefined,
    );
    journal.poison(error);
  }
}
