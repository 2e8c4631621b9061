import { InvalidArgumentError } from '../journal/index.js';
import { AggregateConflictError } from './aggregate.errors.js';
import { assertNoAutoCommit, type AggregateLoader } from './aggregate-loader.js';
import type {
  AggregateRootDefinition,
  AggregateRootLike,
  SaveOptions,
  SavedEvents,
} from './aggregate-repository.interface.js';
import type { AggregateStore } from './aggregate-store.js';
import { PendingSave, type Batch } from './pending-save.js';
import type { TrackedAggregate } from './tracked-aggregates.js';

const NO_OPTIONS: SaveOptions = {};

/** Stores the uncommitted events of aggregates as one entry, unless another save came first. */
export class AggregateSaver<TAggregate extends AggregateRootLike> {
  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
    private readonly loader: AggregateLoader<TAggregate>,
  ) {}

  async save(aggregates: readonly TAggregate[], options = NO_OPTIONS): Promise<SavedEvents | null> {
    const objects = aggregates.map((aggregate) => this.loader.tracked(aggregate));
    // A second save of the same object stores the events that were applied after the first.
    for (let running = runningFor(objects); running !== null; running = runningFor(objects)) {
      await running.catch(() => undefined);
    }
    const pending = this.begin(objects, options);
    if (pending === null) return null;
    const { sequenceNum, timestampNs } = pending;
    try {
      await pending.acknowledged;
    } finally {
      pending.end();
    }
    return { sequenceNum, timestampNs };
  }

  /**
   * Checks and appends in one tick, so no other save can run in between. The caller has made sure that no
   * save is running for these objects, and calls `end` of the result after `acknowledged` has settled.
   * @returns null if there are no uncommitted events
   */
  begin(
    objects: readonly TrackedAggregate<TAggregate>[],
    options: SaveOptions = NO_OPTIONS,
  ): PendingSave<TAggregate> | null {
    const { store, definition } = this;
    const batches = objects.map((object) => this.batchOf(object));
    if (batches.length > 1) assertDistinct(batches.map(({ id }) => id));
    for (const batch of batches) this.assertUpToDate(batch, options);
    const [first] = batches;
    const events = batches.length === 1 && first ? first.events : batches.flatMap((batch) => batch.events);
    if (events.length === 0) return null;
    const entry = store.writer.nextEntry(definition.type, batches);
    return new PendingSave(definition.type, store, batches, entry, events);
  }

  private batchOf(tracked: TrackedAggregate<TAggregate>): Batch<TAggregate> {
    const { object } = tracked;
    assertNoAutoCommit(object);
    return { tracked, id: this.idOf(object), events: object.getUncommittedEvents().slice(), noted: null };
  }

  private assertUpToDate({ tracked, id, events }: Batch<TAggregate>, options: SaveOptions): void {
    const known = tracked.position;
    if (options === NO_OPTIONS && this.store.isNewest(this.definition.type, id, known)) return;
    const actual = this.store.newestPositionOf(this.definition.type, id);
    const { expectedVersion: version = actual.version, expectedSequence: sequence = actual.sequence } =
      options;
    if (version !== actual.version || sequence !== actual.sequence) {
      throw new AggregateConflictError(id, { sequence, version }, actual);
    }
    if (events.length > 0 && known.sequence !== actual.sequence)
      throw new AggregateConflictError(id, known, actual);
  }

  private idOf(aggregate: TAggregate): string {
    const id = this.definition.idOf(aggregate);
    if (typeof id === 'string' && id !== '') return id;
    throw new InvalidArgumentError('the id of the aggregate', id, 'a non-empty string');
  }
}

/** A save that is running for one of these objects; null if there is none. */
function runningFor(objects: readonly { readonly save: Promise<unknown> | null }[]): Promise<unknown> | null {
  for (const { save } of objects) if (save !== null) return save;
  return null;
}

function assertDistinct(ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new InvalidArgumentError('aggregates', twice, 'one object for each aggregate');
}
