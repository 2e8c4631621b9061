import { isThenable } from '../common/index.js';
import { InvalidArgumentError } from '../journal/index.js';
import { ReplayFailedError } from '../replay/index.js';
import type { LoadedEvent } from './aggregate-history.js';
import type { AggregateRootDefinition, AggregateRootLike } from './aggregate-repository.interface.js';
import type { AggregateStore } from './aggregate-store.js';
import { TrackedAggregates, type TrackedAggregate } from './tracked-aggregates.js';

/** Creates aggregates, applies their stored events, and knows the position of each object. */
export class AggregateLoader<TAggregate extends AggregateRootLike> {
  private readonly objects = new TrackedAggregates<TAggregate>();

  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
  ) {}

  /** Whether the aggregate has stored events. */
  has(id: string): boolean {
    return this.store.storedVersionOf(this.definition.type, id) > 0;
  }

  /** What is known about an object. */
  tracked(aggregate: TAggregate): TrackedAggregate<TAggregate> {
    return this.objects.of(aggregate);
  }

  /** A new aggregate without events. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
  create(id: string): TrackedAggregate<TAggregate> {
    const aggregate = this.definition.create(id);
    if (isThenable(aggregate)) {
      void Promise.resolve(aggregate).catch(() => undefined);
      throw new InvalidArgumentError('result of create()', aggregate, 'the aggregate itself, not a promise');
    }
    assertNoAutoCommit(aggregate);
    const tracked = this.objects.of(aggregate);
    tracked.observe();
    return tracked;
  }

  /**
   * Applies the stored events that the object does not hold yet.
   * @throws (rejects) ReplayFailedError (`JOURNAL_REPLAY_FAILED`) if an event handler of the aggregate throws
   * @throws (rejects) what reading throws
   */
  async bringUpToDate(tracked: TrackedAggregate<TAggregate>, id: string): Promise<void> {
    const { type } = this.definition;
    const position = this.store.storedPositionOf(type, id);
    const { sequence } = tracked.position;
    if (sequence === position.sequence) return;
    for await (const events of this.store.eventsOf(type, id, sequence)) {
      for (const loaded of events) this.applyStored(tracked.object, id, loaded);
    }
    tracked.position = position;
  }

  /** Whether an object holds all stored events of its aggregate, and no others. */
  isInStep(tracked: TrackedAggregate<TAggregate>, id: string): boolean {
    return tracked.isStored && this.store.isStoredPosition(this.definition.type, id, tracked.position);
  }

  /** Whether an object holds only stored events of its aggregate, so that it can be brought up to date. */
  canFollow(tracked: TrackedAggregate<TAggregate>, id: string): boolean {
    return tracked.isStored && this.store.hadPosition(this.definition.type, id, tracked.position);
  }

  private applyStored(aggregate: TAggregate, id: string, { name, sequence, event }: LoadedEvent): void {
    try {
      aggregate.loadFromHistory([event]);
    } catch (cause) {
      throw new ReplayFailedError(`aggregate ${this.definition.type} ${id}`, sequence, cause, null, name);
    }
  }
}

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
export function assertNoAutoCommit(aggregate: AggregateRootLike): void {
  if (!aggregate.autoCommit) return;
  throw new InvalidArgumentError(
    'aggregate.autoCommit',
    true,
    'false: events that publish themselves are never stored',
  );
}
