import { toCommand, type DomainEvent } from '../domain-events/index.js';
import { InvalidArgumentError, SequencerEvent } from '../journal/index.js';
import {
  AggregateConflictError,
  AggregateNotFoundError,
  type AggregatePosition,
} from './aggregate.errors.js';
import { AggregateHistory } from './aggregate-history.js';
import type {
  AggregateRepositoryParts,
  AggregateRootDefinition,
  AggregateRootLike,
  SaveOptions,
  SavedEvents,
  UpdateOptions,
} from './aggregate-repository.interface.js';
import { setVersion } from './journaled-aggregate.js';
import { LiveAggregates, type LiveAggregate } from './live-aggregates.js';

/** The uncommitted events of one aggregate that go into an entry. */
interface Batch<TAggregate> {
  readonly aggregate: TAggregate;
  readonly id: string;
  readonly events: readonly object[];
}

const NEW: AggregatePosition = { sequence: null, version: 0 };
const DEFAULT_ATTEMPTS = 3;
const MAX_ATTEMPTS = 100;

/**
 * Loads and saves aggregates that collect their events with `apply()`. The events of one save are one entry: after a crash all of them
 * are there, or none.
 *
 * `load` gives a copy of its own to everybody; of two copies that are saved, the second is refused with AggregateConflictError.
 * `update` does load, change and save in one, one after the other for each aggregate, and keeps the aggregate in memory for the next time.
 *
 * Ids are unique over all aggregates of a journal.
 *
 * @example
 * await orders.update('A-1', (order) => order.fill(5n)); // applies OrderFilled; stored, then published
 *
 * const order = await orders.load('A-1');
 * order.fill(5n);
 * await orders.save(order);
 * @publicApi
 */
export class AggregateRepository<TAggregate extends AggregateRootLike = AggregateRootLike> {
  /** How far each object is in what is stored. */
  private readonly known = new WeakMap<TAggregate, AggregatePosition>();
  /** The save that is going on for an object. */
  private readonly saving = new WeakMap<TAggregate, Promise<unknown>>();
  private readonly live: LiveAggregates<TAggregate>;
  private readonly history: AggregateHistory;

  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly parts: AggregateRepositoryParts,
  ) {
    this.live = new LiveAggregates(definition.maxLive);
    this.history = new AggregateHistory(parts.journal, parts.events, parts.unknownEvents);
  }

  /** Ids of every aggregate in the journal, of whatever class, in the order of their first events. */
  ids(): IterableIterator<string> {
    return this.parts.index.ids();
  }

  /** Whether there is an event of this aggregate. */
  has(id: string): boolean {
    return this.parts.index.positionOf(id).version > 0;
  }

  /** How many stored events an object holds; 0 for a new one. */
  versionOf(aggregate: TAggregate): number {
    return (this.known.get(aggregate) ?? NEW).version;
  }

  /**
   * A copy of the aggregate, rebuilt from its events.
   * @throws (rejects) AggregateNotFoundError (`JOURNAL_AGGREGATE_NOT_FOUND`); UnknownEventError (`JOURNAL_UNKNOWN_EVENT`),
   * EventVersionError (`JOURNAL_EVENT_VERSION`), EventUpcastError, EventValidationError; ReplayGapError (`JOURNAL_REPLAY_GAP`) when
   * its events are no longer in the journal; what reading the journal throws
   */
  async load(id: string): Promise<TAggregate> {
    const aggregate = await this.find(id);
    if (aggregate === null) throw new AggregateNotFoundError(id);
    return aggregate;
  }

  /** As {@link load}, or null when there is no event of this aggregate. */
  async find(id: string): Promise<TAggregate | null> {
    if (!this.has(id)) return null;
    const aggregate = this.create(id);
    await this.bringUpToDate(aggregate, id);
    return aggregate;
  }

  /** As {@link load}, or a new aggregate without events. If somebody else creates it first, saving this one is a conflict. */
  async loadOrCreate(id: string): Promise<TAggregate> {
    return (await this.find(id)) ?? this.create(id);
  }

  /**
   * Stores the uncommitted events as one entry, then publishes them in order. Resolves when they are stored and their
   * handlers were called. When it rejects they stay uncommitted, and nobody has seen them.
   * @returns where they lie; null when there were none
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an event of an unregistered class;
   * AggregateConflictError (`JOURNAL_AGGREGATE_CONFLICT`); EventValidationError (`JOURNAL_EVENT_VALIDATION`); what
   * `Journal.append` rejects with
   */
  async save(aggregate: TAggregate, options: SaveOptions = {}): Promise<SavedEvents | null> {
    return this.saveInTurn([aggregate], options);
  }

  /**
   * As {@link save}, for several aggregates at once: all their events are one entry, in the order of the aggregates. Either all of them are
   * stored or none.
   */
  async saveAll(aggregates: readonly TAggregate[]): Promise<SavedEvents | null> {
    return this.saveInTurn([...new Set(aggregates)], {});
  }

  /**
   * Loads the aggregate, changes it and saves it. Updates of one aggregate run one after the other, each on what the one before stored;
   * if somebody else saves the aggregate meanwhile, `change` runs again on the newer state, up to `attempts` times. So it must be repeatable: it
   * decides and applies events, and does nothing else to the world. It must not keep the aggregate.
   * @returns what `change` returned, when its events are stored
   * @throws (rejects) what `change` throws, with nothing stored; AggregateNotFoundError; what {@link load} and {@link save} reject with;
   * InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) inside of another update, where the two could wait for each other:
   * {@link updateAll} takes both
   */
  async update<R>(
    id: string,
    change: (aggregate: TAggregate) => R | Promise<R>,
    options: UpdateOptions = {},
  ): Promise<R> {
    return this.updateAll([id], ([aggregate]) => change(aggregate as TAggregate), options);
  }

  /**
   * As {@link update}, for several aggregates at once: what `change` applies to them is one entry, so either all of it is stored or nothing.
   * `change` gets them in the order of `ids`.
   */
  async updateAll<R>(
    ids: readonly string[],
    change: (aggregates: readonly TAggregate[]) => R | Promise<R>,
    options: UpdateOptions = {},
  ): Promise<R> {
    const { attempts = DEFAULT_ATTEMPTS, createIfAbsent = false } = options;
    if (!Number.isSafeInteger(attempts) || attempts < 1 || attempts > MAX_ATTEMPTS) {
      throw new InvalidArgumentError('attempts', attempts, `an integer of 1 … ${MAX_ATTEMPTS}`);
    }
    this.assertNotChanging(ids.join(', '));
    // Everybody waits for turns in the same order, so nobody waits in a circle.
    return this.inTurns([...new Set(ids)].sort(), new Map(), async (lives) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.changeAndSave(ids, lives, change, createIfAbsent);
        } catch (error) {
          if (!(error instanceof AggregateConflictError) || attempt >= attempts) throw error;
          // The save that was first is settled before the next attempt looks at the journal.
          await this.parts.unacknowledged.get(error.aggregateId)?.acknowledged.catch(() => undefined);
        }
      }
    });
  }

  /**
   * Looks at an aggregate, as it is stored, and keeps it in memory for the next time. `look` must not change it, and returns values or
   * copies.
   * @throws (rejects) AggregateNotFoundError (`JOURNAL_AGGREGATE_NOT_FOUND`); what {@link load} rejects with; InvalidArgumentError
   * (`JOURNAL_INVALID_ARGUMENT`) when `look` applied an event
   */
  async query<R>(id: string, look: (aggregate: TAggregate) => R): Promise<R> {
    this.assertNotChanging(id);
    return this.live.run(id, async (live) => {
      const aggregate = await this.current(live, id, false);
      try {
        return look(aggregate);
      } finally {
        if (!this.isStored(aggregate)) {
          live.aggregate = null;
          refuse('look', 'a function that applies no event; update() does');
        }
      }
    });
  }

  /** Runs `turn` when it is the turn of all these aggregates. */
  private inTurns<R>(
    ids: readonly string[],
    lives: Map<string, LiveAggregate<TAggregate>>,
    turn: (lives: ReadonlyMap<string, LiveAggregate<TAggregate>>) => Promise<R>,
  ): Promise<R> {
    const [id, ...rest] = ids;
    if (id === undefined) return turn(lives);
    return this.live.run(id, (live) => this.inTurns(rest, lives.set(id, live), turn));
  }

  private async changeAndSave<R>(
    ids: readonly string[],
    lives: ReadonlyMap<string, LiveAggregate<TAggregate>>,
    change: (aggregates: readonly TAggregate[]) => R | Promise<R>,
    createIfAbsent: boolean,
  ): Promise<R> {
    try {
      for (const [id, live] of lives) await this.current(live, id, createIfAbsent);
      const aggregates = ids.map((id) => lives.get(id)?.aggregate as TAggregate);
      const answer = await this.parts.changing.run(ids.join(', '), async () => change(aggregates));
      await this.saveAll(aggregates);
      return answer;
    } finally {
      for (const live of lives.values()) if (!this.isStored(live.aggregate)) live.aggregate = null;
    }
  }

  /** Whether an object holds what the journal holds, and nothing else. */
  private isStored(aggregate: TAggregate | null): boolean {
    return (
      aggregate !== null && aggregate.getUncommittedEvents().length === 0 && this.versionOf(aggregate) > 0
    );
  }

  /** The aggregate that is kept in memory, in step with the journal. */
  private async current(
    live: LiveAggregate<TAggregate>,
    id: string,
    createIfAbsent: boolean,
  ): Promise<TAggregate> {
    const kept = live.aggregate;
    // Until it is in step again, nobody else gets it.
    live.aggregate = null;
    if (kept === null && !this.has(id)) {
      if (!createIfAbsent) throw new AggregateNotFoundError(id);
      return (live.aggregate = this.create(id));
    }
    const aggregate = kept ?? this.create(id);
    await this.bringUpToDate(aggregate, id);
    return (live.aggregate = aggregate);
  }

  private create(id: string): TAggregate {
    const aggregate = this.definition.create(id);
    assertNoAutoCommit(aggregate);
    return aggregate;
  }

  /** Applies the stored events that the object does not hold yet. */
  private async bringUpToDate(aggregate: TAggregate, id: string): Promise<void> {
    const { index } = this.parts;
    const position = index.positionOf(id);
    const { sequence } = this.known.get(aggregate) ?? NEW;
    if (sequence === position.sequence) return;
    for await (const events of this.history.read(id, index.sequencesOf(id, sequence))) {
      aggregate.loadFromHistory(events);
    }
    this.setPosition(aggregate, position);
  }

  private async saveInTurn(
    aggregates: readonly TAggregate[],
    options: SaveOptions,
  ): Promise<SavedEvents | null> {
    for (const aggregate of aggregates) assertNoAutoCommit(aggregate);
    // A second save of the same object stores what came after the first.
    for (let going = this.savingAnyOf(aggregates); going !== undefined;) {
      await going.catch(() => undefined);
      going = this.savingAnyOf(aggregates);
    }
    const saved = this.saveNow(aggregates, options);
    for (const aggregate of aggregates) this.saving.set(aggregate, saved);
    try {
      return await saved;
    } finally {
      for (const aggregate of aggregates) this.saving.delete(aggregate);
    }
  }

  private savingAnyOf(aggregates: readonly TAggregate[]): Promise<unknown> | undefined {
    return aggregates.map((aggregate) => this.saving.get(aggregate)).find((going) => going !== undefined);
  }

  /** From the checks to the journal's taking the sequence nothing is awaited: nobody can come in between. */
  private async saveNow(
    aggregates: readonly TAggregate[],
    options: SaveOptions,
  ): Promise<SavedEvents | null> {
    const { queue, sequencer, bus } = this.parts;
    const batches = aggregates.map((aggregate) => this.batchOf(aggregate));
    assertDistinct(batches.map(({ id }) => id));
    for (const batch of batches) this.assertUpToDate(batch, options);
    const events = batches.flatMap((batch) => batch.events);
    if (events.length === 0) return null;
    const command = toCommand(batches.flatMap((batch) => this.domainEventsOf(batch)));
    const sequenceNum = queue.nextSequence;
    const timestampNs = queue.clock.next();
    const entry = new SequencerEvent({ sequenceNum, timestampNs, command, result: null });
    const { accepted, acknowledged } = sequencer.commitForeign(entry, () => {
      for (const batch of batches) this.settle(batch, sequenceNum);
      bus.publishAll(events);
    });
    if (accepted) for (const batch of batches) this.holdPlace(batch, sequenceNum, acknowledged);
    await acknowledged;
    return { sequenceNum, timestampNs };
  }

  private batchOf(aggregate: TAggregate): Batch<TAggregate> {
    return { aggregate, id: this.idOf(aggregate), events: [...aggregate.getUncommittedEvents()] };
  }

  private domainEventsOf({ id, events }: Batch<TAggregate>): DomainEvent[] {
    return events.map((event) => {
      const { name, version } = this.parts.events.definitionOf(event);
      return { name, version, aggregateId: id, data: event };
    });
  }

  private assertUpToDate({ aggregate, id, events }: Batch<TAggregate>, options: SaveOptions): void {
    const known = this.known.get(aggregate) ?? NEW;
    const actual = this.parts.unacknowledged.get(id) ?? this.parts.index.positionOf(id);
    const { expectedVersion: version = actual.version, expectedSequence: sequence = actual.sequence } =
      options;
    if (version !== actual.version || sequence !== actual.sequence) {
      throw new AggregateConflictError(id, { sequence, version }, actual);
    }
    if (events.length > 0 && known.sequence !== actual.sequence)
      throw new AggregateConflictError(id, known, actual);
  }

  /** The events are stored. */
  private settle({ aggregate, events }: Batch<TAggregate>, sequence: bigint): void {
    if (events.length === 0) return;
    this.setPosition(aggregate, { sequence, version: this.versionOf(aggregate) + events.length });
    removeUncommitted(aggregate, events.length);
  }

  private setPosition(aggregate: TAggregate, position: AggregatePosition): void {
    this.known.set(aggregate, position);
    setVersion(aggregate, position.version);
  }

  /** Until the entry is acknowledged, saves of other objects of the same aggregate must know of it. */
  private holdPlace(
    { aggregate, id, events }: Batch<TAggregate>,
    sequence: bigint,
    acknowledged: Promise<void>,
  ): void {
    if (events.length === 0) return;
    const { unacknowledged } = this.parts;
    const version = this.versionOf(aggregate) + events.length;
    const place = { sequence, version, acknowledged };
    unacknowledged.set(id, place);
    const release = (): void => {
      if (unacknowledged.get(id) === place) unacknowledged.delete(id);
    };
    acknowledged.then(release, release);
  }

  private idOf(aggregate: TAggregate): string {
    const id = this.definition.idOf(aggregate);
    if (typeof id === 'string' && id !== '') return id;
    throw new InvalidArgumentError('the id of the aggregate', id, 'a non-empty string');
  }

  private assertNotChanging(id: string): void {
    const outer = this.parts.changing.getStore();
    if (outer === undefined) return;
    throw new InvalidArgumentError(
      `update of ${id}`,
      id,
      `outside of the change of ${outer}: the two could wait for each other; updateAll() takes both`,
    );
  }
}

/** Takes the first `count` events off; what was applied since stays uncommitted. */
function removeUncommitted(aggregate: AggregateRootLike, count: number): void {
  const rest = aggregate.getUncommittedEvents().slice(count);
  aggregate.uncommit();
  for (const event of rest) aggregate.apply(event, { skipHandler: true });
}

function assertNoAutoCommit(aggregate: AggregateRootLike): void {
  if (!aggregate.autoCommit) return;
  throw new InvalidArgumentError(
    'aggregate.autoCommit',
    true,
    'false: events that publish themselves are never stored',
  );
}

function assertDistinct(ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new InvalidArgumentError('aggregates', twice, 'one object for each aggregate');
}

function refuse(argument: string, expected: string): never {
  throw new InvalidArgumentError(argument, 'a change', expected);
}
