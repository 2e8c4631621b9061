import type { AggregateRoot, IEvent } from '@nestjs/cqrs';
import {
  DeserializationError,
  InvalidArgumentError,
  SequencerEvent,
  type JournalReader,
} from '../journal/index.js';
import type { CommitQueue, Sequencer } from '../sequencer/index.js';
import { AggregateConflictError, AggregateNotFoundError } from './cqrs.errors.js';
import type { DomainEventIndex } from './domain-event-index.js';
import { fromCommand, toCommand, type DomainEvent } from './domain-event.js';
import type { EventBusLink } from './event-bus-link.js';
import type { EventClassRegistry } from './event-class-registry.js';

/** How a repository makes and names its aggregates. */
export interface AggregateRootDefinition<TAggregate extends AggregateRoot> {
  /** A new aggregate without events. @default `new Class(id)` */
  readonly create: (id: string) => TAggregate;
  /** @default the property `id` */
  readonly idOf: (aggregate: TAggregate) => unknown;
}

export interface AggregateRepositoryParts {
  readonly journal: JournalReader;
  readonly queue: CommitQueue;
  readonly sequencer: Pick<Sequencer, 'commitForeign'>;
  readonly events: EventClassRegistry;
  readonly index: DomainEventIndex;
  readonly bus: EventBusLink;
  /** Entries with events of an aggregate that are not acknowledged yet; shared by the repositories of a journal. */
  readonly unacknowledged: Map<string, bigint>;
}

/** Layout of the data that is written today. */
const DATA_VERSION = 1;

/**
 * Loads and saves aggregates of @nestjs/cqrs that collect their events with `apply()`. The events of one `save` are one entry:
 * after a crash all of them are there, or none.
 *
 * Ids are unique over all aggregates of a journal.
 *
 * @example
 * const order = await orders.load('A-1');
 * order.fill(5n); // apply(new OrderFilled(5n))
 * await orders.save(order); // stored, then published
 * @publicApi
 */
export class AggregateRepository<TAggregate extends AggregateRoot = AggregateRoot> {
  /** The last entry each live object knows. */
  private readonly known = new WeakMap<TAggregate, bigint>();
  /** The save that is going on for an object. */
  private readonly saving = new WeakMap<TAggregate, Promise<void>>();

  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly parts: AggregateRepositoryParts,
  ) {}

  /** Ids of every aggregate in the journal, in the order of their first events. */
  ids(): IterableIterator<string> {
    return this.parts.index.ids();
  }

  /**
   * The aggregate, rebuilt from its events.
   * @throws (rejects) AggregateNotFoundError (`JOURNAL_AGGREGATE_NOT_FOUND`); what reading the journal throws
   */
  async load(id: string): Promise<TAggregate> {
    const aggregate = await this.find(id);
    if (aggregate === null) throw new AggregateNotFoundError(id);
    return aggregate;
  }

  /** As {@link load}, or null when there is no event of this aggregate. */
  async find(id: string): Promise<TAggregate | null> {
    const sequences = this.parts.index.sequencesOf(id);
    const last = sequences.at(-1);
    if (last === undefined) return null;
    const aggregate = this.definition.create(id);
    aggregate.loadFromHistory(this.historyOf(id, sequences));
    this.known.set(aggregate, last);
    return aggregate;
  }

  /**
   * Stores the uncommitted events as one entry, then publishes them in order. Resolves when they are stored and their
   * handlers were called. When it rejects they stay uncommitted, and nobody has seen them.
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an event of an unregistered class;
   * AggregateConflictError (`JOURNAL_AGGREGATE_CONFLICT`); what `Journal.append` rejects with
   */
  async save(aggregate: TAggregate): Promise<void> {
    if (aggregate.autoCommit) {
      throw new InvalidArgumentError(
        'aggregate.autoCommit',
        true,
        'false: events that publish themselves are never stored',
      );
    }
    // A second save of the same object stores what came after the first.
    while (this.saving.has(aggregate)) await this.saving.get(aggregate)?.catch(() => undefined);
    const saved = this.saveNow(aggregate);
    this.saving.set(aggregate, saved);
    try {
      await saved;
    } finally {
      this.saving.delete(aggregate);
    }
  }

  private async saveNow(aggregate: TAggregate): Promise<void> {
    const { queue, sequencer, bus } = this.parts;
    const events = [...aggregate.getUncommittedEvents()];
    if (events.length === 0) return;
    const id = this.idOf(aggregate);
    const command = toCommand(events.map((event) => this.toDomainEvent(id, event)));
    this.assertUpToDate(aggregate, id);
    const sequenceNum = queue.nextSequence;
    const entry = new SequencerEvent({
      sequenceNum,
      timestampNs: queue.clock.next(),
      command,
      result: null,
    });
    const { accepted, acknowledged } = sequencer.commitForeign(entry, () => {
      this.known.set(aggregate, sequenceNum);
      removeUncommitted(aggregate, events.length);
      bus.publishAll(events);
    });
    if (accepted) this.holdPlace(id, sequenceNum, acknowledged);
    await acknowledged;
  }

  private toDomainEvent(aggregateId: string, event: IEvent): DomainEvent {
    return { name: this.parts.events.nameOf(event), version: DATA_VERSION, aggregateId, data: event };
  }

  private assertUpToDate(aggregate: TAggregate, id: string): void {
    const expected = this.known.get(aggregate) ?? null;
    const actual = this.parts.unacknowledged.get(id) ?? this.parts.index.lastSequenceOf(id);
    if (expected !== actual) throw new AggregateConflictError(id, expected, actual);
  }

  /** Until the entry is acknowledged, saves of other objects of the same aggregate must know of it. */
  private holdPlace(id: string, sequence: bigint, acknowledged: Promise<void>): void {
    const { unacknowledged } = this.parts;
    unacknowledged.set(id, sequence);
    const release = (): void => {
      if (unacknowledged.get(id) === sequence) unacknowledged.delete(id);
    };
    acknowledged.then(release, release);
  }

  private historyOf(id: string, sequences: readonly bigint[]): IEvent[] {
    return sequences.flatMap((sequence) =>
      this.eventsAt(sequence)
        .filter(({ aggregateId }) => aggregateId === id)
        .map(({ name, data }) => this.toEvent(name, data, sequence)),
    );
  }

  private toEvent(name: string, data: unknown, sequence: bigint): IEvent {
    const { events } = this.parts;
    // Without its class the aggregate would pass the event by, in silence.
    if (!events.has(name) || typeof data !== 'object' || data === null) {
      throw new DeserializationError(
        `the event ${name} of sequence ${sequence} has no registered class: FileJournalModule.forFeature({ events: { ${name}: … } })`,
      );
    }
    return events.toInstance(name, data) as IEvent;
  }

  private eventsAt(sequence: bigint): readonly DomainEvent[] {
    for (const entry of this.parts.journal.readFrom(sequence, { limit: 1 })) {
      if (entry.sequenceNum === sequence) return fromCommand(entry.event.command) ?? [];
    }
    return [];
  }

  private idOf(aggregate: TAggregate): string {
    const id = this.definition.idOf(aggregate);
    if (typeof id !== 'string' || id === '') {
      throw new InvalidArgumentError('the id of the aggregate', id, 'a non-empty string');
    }
    return id;
  }
}

/** Takes the first `count` events off; what was applied since stays uncommitted. */
function removeUncommitted(aggregate: AggregateRoot, count: number): void {
  const rest = aggregate.getUncommittedEvents().slice(count);
  aggregate.uncommit();
  for (const event of rest) aggregate.apply(event, { skipHandler: true });
}
