import type { JournaledEventPublisher } from '../cqrs/index.js';
import { toCommand, type DomainEvent, type EventClassRegistry } from '../events/index.js';
import { SequencerEvent } from '../journal/index.js';
import type { Commit, CommitQueue, Sequencer } from '../sequencer/index.js';

/** New events of one aggregate. */
interface EventsOfAggregate {
  readonly id: string;
  readonly events: readonly object[];
}

/** Appends the events of aggregates to a journal, and publishes them after they are stored. */
export class DomainEventWriter {
  constructor(
    private readonly queue: CommitQueue,
    private readonly sequencer: Pick<Sequencer, 'commitExternal'>,
    private readonly events: EventClassRegistry,
    private readonly bus: JournaledEventPublisher,
  ) {}

  /**
   * Creates the next entry of the journal, with all events of these aggregates of one type. The caller must
   * commit it in the same tick.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an event of an unregistered class
   */
  nextEntry(aggregateType: string, aggregates: readonly EventsOfAggregate[]): SequencerEvent {
    const { queue } = this;
    const describe = ({ id, events }: EventsOfAggregate): DomainEvent[] =>
      events.map((event) => this.describe(event, aggregateType, id));
    const [first] = aggregates;
    const isOne = aggregates.length === 1 && first !== undefined;
    const command = toCommand(isOne ? describe(first) : aggregates.flatMap(describe));
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

  private describe(data: object, aggregateType: string, aggregateId: string): DomainEvent {
    const { name, version } = this.events.definitionOf(data);
    return { name, version, aggregateId, aggregateType, data };
  }
}
