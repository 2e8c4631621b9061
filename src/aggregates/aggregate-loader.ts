import { isThenable } from '../common/index.js';
import { InvalidArgumentError } from '../journal/index.js';
import type { AggregatePosition } from './aggregate.errors.js';
import { ReplayFailedError } from '../replay/index.js';
import type { LoadedEvent } from './aggregate-history.js';
import type { AggregateRootDefinition, AggregateRootLike } from './aggregate-repository.interface.js';
import type { AggregateStore } from './aggregate-store.js';
import { setVersion } from './journaled-aggregate-root.js';
import { TrackedObjects } from './tracked-objects.js';

/** Creates aggregates, applies their stored events, and knows the position of each object. */
export class AggregateLoader<TAggregate extends AggregateRootLike> {
  private readonly objects = new TrackedObjects<TAggregate>();

  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
  ) {}

  /** Whether the aggregate has stored events. */
  has(id: string): boolean {
    return this.store.storedPositionOf(this.definition.type, id).version > 0;
  }

  /** The position of the last stored event that an object holds. */
  positionOf(aggregate: TAggregate): AggregatePosition {
    return this.objects.of(aggregate).position;
  }

  setPosition(aggregate: TAggregate, position: AggregatePosition): void {
    this.objects.of(aggregate).position = position;
    setVersion(aggregate, position.version);
  }

  /** The save that is running for an object; null if there is none. */
  saveOf(aggregate: TAggregate): Promise<unknown> | null {
    return this.objects.of(aggregate).save;
  }

  setSave(aggregate: TAggregate, save: Promise<unknown> | null): void {
    this.objects.of(aggregate).save = save;
  }

  /** A new aggregate without events. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
  create(id: string): TAggregate {
    const aggregate = this.definition.create(id);
    if (isThenable(aggregate)) {
      void Promise.resolve(aggregate).catch(() => undefined);
      throw new InvalidArgumentError('result of create()', aggregate, 'the aggregate itself, not a promise');
    }
    assertNoAutoCommit(aggregate);
    const tracked = this.objects.of(aggregate);
    onDiscard(aggregate, () => (tracked.hasDiscarded = true));
    return aggregate;
  }

  /**
   * Applies the stored events that the object does not hold yet.
   * @throws (rejects) ReplayFailedError (`JOURNAL_REPLAY_FAILED`) if an event handler of the aggregate throws
   * @throws (rejects) what reading throws
   */
  async bringUpToDate(aggregate: TAggregate, id: string): Promise<void> {
    const { type } = this.definition;
    const position = this.store.storedPositionOf(type, id);
    const { sequence } = this.positionOf(aggregate);
    if (sequence === position.sequence) return;
    for await (const events of this.store.eventsOf(type, id, sequence)) {
      for (const loaded of events) this.applyStored(aggregate, id, loaded);
    }
    this.setPosition(aggregate, position);
  }

  private applyStored(aggregate: TAggregate, id: string, { name, sequence, event }: LoadedEvent): void {
    try {
      aggregate.loadFromHistory([event]);
    } catch (cause) {
      throw new ReplayFailedError(`aggregate ${this.definition.type} ${id}`, sequence, cause, null, name);
    }
  }

  /** Whether an object holds only stored events. */
  isStored(aggregate: TAggregate | null): boolean {
    if (aggregate === null || aggregate.getUncommittedEvents().length > 0) return false;
    const { hasDiscarded, position } = this.objects.of(aggregate);
    return !hasDiscarded && position.version > 0;
  }

  /** Whether an object holds all stored events of its aggregate, and no others. */
  isInStep(aggregate: TAggregate, id: string): boolean {
    if (aggregate.getUncommittedEvents().length > 0) return false;
    const { hasDiscarded, position } = this.objects.of(aggregate);
    if (hasDiscarded || position.version === 0) return false;
    return this.store.storedPositionOf(this.definition.type, id).sequence === position.sequence;
  }
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The original `uncommit` of each aggregate that {@link onDiscard} observes. */
const originalUncommits = new WeakMap<AggregateRootLike, Method>();

/**
 * Calls `discards` when `uncommit` or `commit` is called with uncommitted events. The methods work as before.
 */
function onDiscard(aggregate: AggregateRootLike, discards: () => unknown): void {
  for (const name of ['uncommit', 'commit'] as const) {
    const method = (aggregate as Partial<Record<typeof name, Method>>)[name];
    if (typeof method !== 'function') continue;
    if (name === 'uncommit') originalUncommits.set(aggregate, method);
    const value: Method = function (...args) {
      if (aggregate.getUncommittedEvents().length > 0) discards();
      return method.apply(this, args);
    };
    Reflect.defineProperty(aggregate, name, { value, configurable: true, writable: true });
  }
}

/** Calls the original `uncommit()` after the events were stored. */
export function uncommitStored(aggregate: AggregateRootLike): void {
  (originalUncommits.get(aggregate) ?? (aggregate.uncommit as Method)).call(aggregate);
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
