import { InvalidArgumentError, SequenceConflictError, SequencerEvent } from '../journal/index.js';
import type { EventClassRegistry } from '../events/index.js';
import type { Commit, CommitQueue, Sequencer } from '../sequencer/index.js';
import type { EventBusLink } from './event-bus-link.js';

/**
 * `EventBus.publish` that can be awaited: first the journal, then the bus. When it resolves the event is stored and its handlers
 * were called; when it rejects, no handler has seen it.
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
    private readonly bus: EventBusLink,
  ) {}

  /**
   * @param event a SequencerEvent with the next sequence, or an instance of a registered event class, which gets the next
   * sequence and the time
   * @returns what was journaled
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an unregistered class; SequenceConflictError;
   * ReplayDivergenceError when the event is not what the aggregate makes of its command (the journal is poisoned then);
   * what `Journal.append` rejects with
   */
  async publish(event: object): Promise<SequencerEvent> {
    const sequenced = this.sequenced(event);
    const { acknowledged } = this.commit(sequenced, () => this.bus.publish(event));
    await acknowledged;
    return sequenced;
  }

  /** Publishes one after the other in the journal, concurrently to the disk. Rejects with the first failure. */
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
