import type { EventBusLink } from '../cqrs/index.js';
import { toCommand, type DomainEvent, type EventClassRegistry } from '../events/index.js';
import { SequencerEvent } from '../journal/index.js';
import type { Commit, CommitQueue, Sequencer } from '../sequencer/index.js';

/** Appends the events of aggregates to a journal, and publishes them after they are stored. */
export class DomainEventWriter {
  constructor(
    private readonly queue: CommitQueue,
    private readonly sequencer: Pick<Sequencer, 'commitExternal'>,
    private readonly events: EventClassRegistry,
    private readonly bus: EventBusLink,
  ) {}

  /** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an event of an unregistered class */
  describe(event: object, aggregateType: string, aggregateId: string): DomainEvent {
    const { name, version } = this.events.definitionOf(event);
    return { name, version, aggregateId, aggregateType, data: event };
  }

  /**
   * Creates the next entry of the journal, with all these events. The caller must commit it in the same tick.
   */
  nextEntry(events: DomainEvent[]): SequencerEvent {
    const { queue } = this;
    const command = toCommand(events);
    const sequenceNum = queue.nextSequence;
    const timestampNs = queue.clock.next();
    return new SequencerEvent({ sequenceNum, timestampNs, command, result: null });
  }

  /** @param onStored called before `published` is published, in the same tick */
  commit(entry: SequencerEvent, published: object[], onStored: () => void): Commit {
    return this.sequencer.commitExternal(entry, () => {
      onStored();
      this.bus.publishAll(published);
    });
  }
}
