import { InvalidArgumentError } from '../journal/index.js';
import { AggregateNotFoundError } from './aggregate.errors.js';
import { AggregateLoader } from './aggregate-loader.js';
import type {
  AggregateRootDefinition,
  AggregateRootLike,
  SaveOptions,
  SavedEvents,
  UpdateOptions,
} from './aggregate-repository.interface.js';
import { AggregateSaver } from './aggregate-saver.js';
import type { AggregateStore } from './aggregate-store.js';
import { AggregateUpdater } from './aggregate-updater.js';
import { assertAggregate, assertSaveOptions } from './call-options.js';
import type { NestedCallGuard } from './nested-call-guard.js';

/**
 * Loads and saves aggregates that collect their events with `apply()`. The events of one save are one entry:
 * after a crash either all of them are stored or none.
 *
 * Each `load` returns a new copy. If two copies are changed, the second save is refused with
 * AggregateConflictError. `update` loads, changes and saves in one call. Updates of one aggregate run one
 * after the other; the repository keeps the aggregate in memory.
 *
 * Ids are unique among the aggregates of one class: its name in `@JournalAggregate()` is stored with each
 * event.
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
  private readonly loader: AggregateLoader<TAggregate>;
  private readonly saver: AggregateSaver<TAggregate>;
  private readonly updater: AggregateUpdater<TAggregate>;

  /** @internal */
  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
    nestedCalls: NestedCallGuard,
  ) {
    this.loader = new AggregateLoader(definition, store);
    this.saver = new AggregateSaver(definition, store, this.loader);
    this.updater = new AggregateUpdater(definition, store, nestedCalls, this.loader, this.saver);
  }

  /** Ids of the stored aggregates of this class, in the order of their first events. */
  ids(): IterableIterator<string> {
    return this.store.ids(this.definition.type);
  }

  /**
   * Whether the aggregate has stored events.
   * @throws AggregateTypeError (`JOURNAL_AGGREGATE_TYPE`) if the events may belong to another class
   */
  has(id: string): boolean {
    return this.loader.has(id);
  }

  /** Number of stored events that an object holds; 0 for a new one. */
  versionOf(aggregate: TAggregate): number {
    return this.loader.tracked(aggregate).position.version;
  }

  /**
   * Rebuilds a copy of the aggregate from its events.
   * @throws (rejects) AggregateNotFoundError (`JOURNAL_AGGREGATE_NOT_FOUND`)
   * @throws (rejects) AggregateTypeError (`JOURNAL_AGGREGATE_TYPE`)
   * @throws (rejects) UnknownEventError (`JOURNAL_UNKNOWN_EVENT`)
   * @throws (rejects) EventVersionError (`JOURNAL_EVENT_VERSION`)
   * @throws (rejects) EventUpcastError (`JOURNAL_EVENT_UPCAST`)
   * @throws (rejects) EventValidationError (`JOURNAL_EVENT_VALIDATION`)
   * @throws (rejects) ReplayGapError (`JOURNAL_REPLAY_GAP`) if its events are no longer in the journal
   * @throws (rejects) what reading the journal throws
   */
  async load(id: string): Promise<TAggregate> {
    const aggregate = await this.find(id);
    if (aggregate === null) throw new AggregateNotFoundError(id);
    return aggregate;
  }

  /** As {@link load}; null if the aggregate has no stored events. */
  async find(id: string): Promise<TAggregate | null> {
    if (!this.has(id)) return null;
    const tracked = this.loader.create(id);
    await this.loader.bringUpToDate(tracked, id);
    return tracked.object;
  }

  /**
   * As {@link load}, but returns a new aggregate if there are no events. If another save creates the
   * aggregate first, saving the new one is a conflict.
   */
  async loadOrCreate(id: string): Promise<TAggregate> {
    return (await this.find(id)) ?? this.loader.create(id).object;
  }

  /**
   * Stores the uncommitted events as one entry, then publishes them in order. Resolves after they are stored
   * and their handlers were called. If it rejects, the events stay uncommitted, and no handler has seen them.
   * @returns the entry; null if there were no uncommitted events
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an event of an unregistered class
   * @throws (rejects) AggregateConflictError (`JOURNAL_AGGREGATE_CONFLICT`)
   * @throws (rejects) AggregateTypeError (`JOURNAL_AGGREGATE_TYPE`)
   * @throws (rejects) EventValidationError (`JOURNAL_EVENT_VALIDATION`)
   * @throws (rejects) what `Journal.append` rejects with
   */
  async save(aggregate: TAggregate, options: SaveOptions = {}): Promise<SavedEvents | null> {
    assertAggregate(aggregate);
    assertSaveOptions(options);
    return this.saver.save([aggregate], options);
  }

  /**
   * As {@link save}, for several aggregates: all their events are one entry, in the order of the aggregates.
   * Either all of them are stored or none.
   */
  async saveAll(aggregates: readonly TAggregate[]): Promise<SavedEvents | null> {
    if (!Array.isArray(aggregates)) throw new InvalidArgumentError('aggregates', aggregates, 'a list');
    for (const aggregate of aggregates) assertAggregate(aggregate);
    return this.saver.save([...new Set(aggregates)]);
  }

  /**
   * Loads the aggregate, changes it and saves it. Updates of one aggregate run one after the other, each on
   * the state that the previous one stored. After a conflict with another save, `change` runs again on the
   * newer state, up to `attempts` times. So `change` must be repeatable: it applies events and has no other
   * side effects. It must not keep the aggregate.
   * @returns what `change` returned, after its events are stored
   * @throws (rejects) what `change` throws, with nothing stored
   * @throws (rejects) AggregateNotFoundError (`JOURNAL_AGGREGATE_NOT_FOUND`)
   * @throws (rejects) what {@link load} and {@link save} reject with
   * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside another update or a query, because
   * the two could wait for each other: use {@link updateAll} for several aggregates
   */
  // Not an async function: it would cost one more promise for every update. The same for the next two.
  update<R>(
    id: string,
    change: (aggregate: TAggregate) => R | Promise<R>,
    options?: UpdateOptions,
  ): Promise<R> {
    return this.updater.update(id, change, options);
  }

  /**
   * As {@link update}, for several aggregates: all events that `change` applies are one entry, so either all
   * of them are stored or none. `change` gets the aggregates in the order of `ids`.
   */
  updateAll<R>(
    ids: readonly string[],
    change: (aggregates: readonly TAggregate[]) => R | Promise<R>,
    options?: UpdateOptions,
  ): Promise<R> {
    return this.updater.updateAll(ids, change, options);
  }

  /**
   * Reads the stored state of an aggregate, and keeps the aggregate in memory. For HTTP answers with bigints,
   * see {@link BigIntInterceptor}. A query inside another `look` never waits: if the aggregate is in use, the
   * query loads a copy as {@link load} does.
   * @param look reads the aggregate. It must not change the aggregate, and must return values or copies
   * @throws (rejects) AggregateNotFoundError (`JOURNAL_AGGREGATE_NOT_FOUND`)
   * @throws (rejects) what {@link load} rejects with
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) if `look` applied an event
   * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside an update
   */
  query<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    return this.updater.query(id, look);
  }
}
