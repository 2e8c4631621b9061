import type { DomainEvent } from '../events/index.js';
import { InvalidArgumentError } from '../journal/index.js';
import { AggregateConflictError } from './aggregate.errors.js';
import { assertNoAutoCommit, uncommitStored, type AggregateLoader } from './aggregate-loader.js';
import type {
  AggregateRootDefinition,
  AggregateRootLike,
  SaveOptions,
  SavedEvents,
} from './aggregate-repository.interface.js';
import type { AggregateStore } from './aggregate-store.js';

/** The uncommitted events of one aggregate in a save. */
interface Batch<TAggregate> {
  readonly aggregate: TAggregate;
  readonly id: string;
  readonly events: readonly object[];
}

/** Stores the uncommitted events of aggregates as one entry, unless another save came first. */
export class AggregateSaver<TAggregate extends AggregateRootLike> {
  /** The save that is running for an object. */
  private readonly running = new WeakMap<TAggregate, Promise<unknown>>();

  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
    private readonly loader: AggregateLoader<TAggregate>,
  ) {}

  async save(aggregates: readonly TAggregate[], options: SaveOptions = {}): Promise<SavedEvents | null> {
    for (const aggregate of aggregates) assertNoAutoCommit(aggregate);
    // A second save of the same object stores the events that were applied after the first.
    for (let running = this.runningFor(aggregates); running !== undefined;) {
      await running.catch(() => undefined);
      running = this.runningFor(aggregates);
    }
    const saved = this.saveNow(aggregates, options);
    for (const aggregate of aggregates) this.running.set(aggregate, saved);
    try {
      return await saved;
    } finally {
      for (const aggregate of aggregates) this.running.delete(aggregate);
    }
  }

  private runningFor(aggregates: readonly TAggregate[]): Promise<unknown> | undefined {
    return aggregates.map((aggregate) => this.running.get(aggregate)).find((save) => save !== undefined);
  }

  /** Checks and appends in one tick, so no other save can run in between. */
  private async saveNow(
    aggregates: readonly TAggregate[],
    options: SaveOptions,
  ): Promise<SavedEvents | null> {
    const { writer } = this.store;
    const batches = aggregates.map((aggregate) => this.batchOf(aggregate));
    assertDistinct(batches.map(({ id }) => id));
    for (const batch of batches) this.assertUpToDate(batch, options);
    const events = batches.flatMap((batch) => batch.events);
    if (events.length === 0) return null;
    const entry = writer.nextEntry(batches.flatMap((batch) => this.domainEventsOf(batch)));
    const { sequenceNum, timestampNs } = entry;
    const { accepted, acknowledged } = writer.commit(entry, events, () => {
      for (const batch of batches) this.settle(batch, sequenceNum);
    });
    if (accepted) for (const batch of batches) this.noteUnacknowledged(batch, sequenceNum, acknowledged);
    await acknowledged;
    return { sequenceNum, timestampNs };
  }

  private batchOf(aggregate: TAggregate): Batch<TAggregate> {
    return { aggregate, id: this.idOf(aggregate), events: [...aggregate.getUncommittedEvents()] };
  }

  private domainEventsOf({ id, events }: Batch<TAggregate>): DomainEvent[] {
    return events.map((event) => this.store.writer.describe(event, this.definition.type, id));
  }

  private assertUpToDate({ aggregate, id, events }: Batch<TAggregate>, options: SaveOptions): void {
    const known = this.loader.positionOf(aggregate);
    const actual = this.store.newestPositionOf(this.definition.type, id);
    const { expectedVersion: version = actual.version, expectedSequence: sequence = actual.sequence } =
      options;
    if (version !== actual.version || sequence !== actual.sequence) {
      throw new AggregateConflictError(id, { sequence, version }, actual);
    }
    if (events.length > 0 && known.sequence !== actual.sequence)
      throw new AggregateConflictError(id, known, actual);
  }

  /** Updates an aggregate whose events are stored. */
  private settle({ aggregate, events }: Batch<TAggregate>, sequence: bigint): void {
    if (events.length === 0) return;
    const { version } = this.loader.positionOf(aggregate);
    this.loader.setPosition(aggregate, { sequence, version: version + events.length });
    removeUncommitted(aggregate, events.length);
  }

  private noteUnacknowledged(
    { aggregate, id, events }: Batch<TAggregate>,
    sequence: bigint,
    acknowledged: Promise<void>,
  ): void {
    if (events.length === 0) return;
    const version = this.loader.positionOf(aggregate).version + events.length;
    this.store.noteUnacknowledged(this.definition.type, id, { sequence, version }, acknowledged);
  }

  private idOf(aggregate: TAggregate): string {
    const id = this.definition.idOf(aggregate);
    if (typeof id === 'string' && id !== '') return id;
    throw new InvalidArgumentError('the id of the aggregate', id, 'a non-empty string');
  }
}

/** Removes the first `count` uncommitted events; events that were applied later remain. */
function removeUncommitted(aggregate: AggregateRootLike, count: number): void {
  const rest = aggregate.getUncommittedEvents().slice(count);
  uncommitStored(aggregate);
  for (const event of rest) aggregate.apply(event, { skipHandler: true });
}

function assertDistinct(ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new InvalidArgumentError('aggregates', twice, 'one object for each aggregate');
}
