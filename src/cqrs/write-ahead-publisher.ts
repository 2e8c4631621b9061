import { InvalidArgumentError, SequenceConflictError, SequencerEvent } from '../journal/index.js';
import type { EventClassRegistry } from '../events/index.js';
import type { Commit, CommitQueue, Sequencer } from '../sequencer/index.js';
import type { JournaledEventPublisher } from './journaled-event-publisher.js';

/**
 * An `EventBus.publish` that can be awaited: it stores an event in the journal first, then publishes it on
 * the bus. When `publish` resolves, the event is stored and its handlers were called. If `publish` rejects,
 * no handler has seen the event.
 *
 * @example
 * await publisher.publish(new OrderPlaced('A-1', 100n)); // stored as { OrderPlaced: { … } }, result null
 * @publicApi
 */
export class WriteAheadPublisher {
  /** @internal */
  constructor(
    private readonly queue: CommitQueue,
    private readonly sequencer: Pick<Sequencer, 'commitExternal'>,
    private readonly events: EventClassRegistry,
    private readonly bus: JournaledEventPublisher,
  ) {}

  /**
   * Stores one event, then publishes it.
   * @param event a SequencerEvent with the next sequence, or an instance of a registered event class, which
   * gets the next sequence and the time
   * @returns the journaled event
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an unregistered class
   * @throws (rejects) SequenceConflictError (`JOURNAL_SEQUENCE_CONFLICT`)
   * @throws (rejects) ReplayDivergenceError (`JOURNAL_REPLAY_DIVERGENCE`) if the aggregate computes another
   * result for the command; the journal is then poisoned
   * @throws (rejects) what `Journal.append` rejects with
   */
  async publish(event: object): Promise<SequencerEvent> {
    const sequenced = this.sequenced(event);
    const { acknowledged } = this.commit(sequenced, () => this.bus.publish(event));
    await acknowledged;
    return sequenced;
  }

  /**
   * Publishes several events, in this order, without waiting for the disk in between. Rejects with the first
   * failure.
   */
  async publishAll(events: readonly object[]): Promise<SequencerEvent[]> {
    if (!Array.isArray(events)) throw new InvalidArgumentError('events', events, 'a list of events');
    return Promise.all(events.map((event) => this.publish(event)));
  }

  private sequenced(event: object): SequencerEvent {
    const { queue, events } = this;
    if (SequencerEvent.isSequencerEvent(event)) return event;
    if (typeof event !== 'object' || event === null)
      throw new InvalidArgumentError('event', event, 'an object');
    return new SequencerEvent({
      sequenceNum: queue.nextSequence,
      timestampNs: queue.clock.next(),
      command: { [events.definitionOf(event).name]: event },
      result: null,
    });
  }

  private commit(event: SequencerEvent, publish: () => void): Commit {
    const { sequencer, queue } = this;
    if (event.sequenceNum !== queue.nextSequence) {
      throw new SequenceConflictError(queue.nextSequence, event.sequenceNum);
    }
    return sequencer.commitExternal(event, publish);
  }
}
