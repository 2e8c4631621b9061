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
import type { AggregateStore, Release } from './aggregate-store.js';

/** The uncommitted events of one aggregate in a save. */
interface Batch<TAggregate> {
  readonly aggregate: TAggregate;
  readonly id: string;
  readonly events: readonly object[];
}

/** A save whose events are in the journal, and not acknowledged yet. */
export interface PendingSave extends SavedEvents {
  /** Settles with the entry, after the objects were updated and their events published. */
  readonly acknowledged: Promise<void>;
  /** Ends the save after `acknowledged` has settled. */
  readonly end: () => void;
}

/** Stores the uncommitted events of aggregates as one entry, unless another save came first. */
export class AggregateSaver<TAggregate extends AggregateRootLike> {
  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
    private readonly loader: AggregateLoader<TAggregate>,
  ) {}

  async save(aggregates: readonly TAggregate[], options: SaveOptions = {}): Promise<SavedEvents | null> {
    // A second save of the same object stores the events that were applied after the first.
    for (let running = this.runningFor(aggregates); running !== null; running = this.runningFor(aggregates)) {
      await running.catch(() => undefined);
    }
    const pending = this.begin(aggregates, options);
    if (pending === null) return null;
    const { sequenceNum, timestampNs, acknowledged } = pending;
    try {
      await acknowledged;
    } finally {
      pending.end();
    }
    return { sequenceNum, timestampNs };
  }

  /** A save that is running for one of these objects; null if there is none. */
  runningFor(aggregates: readonly TAggregate[]): Promise<unknown> | null {
    for (const aggregate of aggregates) {
      const save = this.loader.saveOf(aggregate);
      if (save !== null) return save;
    }
    return null;
  }

  /**
   * Checks and appends in one tick, so no other save can run in between. The caller has made sure that no
   * save is running for these objects.
   * @returns null if there are no uncommitted events
   */
  begin(aggregates: readonly TAggregate[], options: SaveOptions = {}): PendingSave | null {
    const { writer } = this.store;
    const batches = aggregates.map((aggregate) => this.batchOf(aggregate));
    if (batches.length > 1) assertDistinct(batches.map(({ id }) => id));
    for (const batch of batches) this.assertUpToDate(batch, options);
    const events: object[] = [];
    for (const batch of batches) events.push(...batch.events);
    if (events.length === 0) return null;
    const described: DomainEvent[] = [];
    for (const { id, events: own } of batches)
      for (const event of own) described.push(writer.describe(event, this.definition.type, id));
    const entry = writer.nextEntry(described);
    const { sequenceNum, timestampNs } = entry;
    const { accepted, acknowledged } = writer.commit(entry, events, () => {
      for (const batch of batches) this.settle(batch, sequenceNum);
    });
    const releases = batches.map((batch) => this.hold(batch, sequenceNum, accepted, acknowledged));
    return {
      sequenceNum,
      timestampNs,
      acknowledged,
      end: () => {
        for (const release of releases) release();
      },
    };
  }

  private batchOf(aggregate: TAggregate): Batch<TAggregate> {
    assertNoAutoCommit(aggregate);
    return { aggregate, id: this.idOf(aggregate), events: [...aggregate.getUncommittedEvents()] };
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

  /** Marks an object as being saved. @returns ends the mark */
  private hold(
    { aggregate, id, events }: Batch<TAggregate>,
    sequence: bigint,
    isAccepted: boolean,
    acknowledged: Promise<void>,
  ): Release {
    const { loader, store, definition } = this;
    loader.setSave(aggregate, acknowledged);
    const version = loader.positionOf(aggregate).version + events.length;
    const release =
      isAccepted && events.length > 0
        ? store.noteUnacknowledged(definition.type, id, { sequence, version }, acknowledged)
        : null;
    return () => {
      loader.setSave(aggregate, null);
      release?.();
    };
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
