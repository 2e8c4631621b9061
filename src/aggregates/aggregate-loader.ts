import { isThenable } from '../common/index.js';
import { InvalidArgumentError } from '../journal/index.js';
import type { AggregatePosition } from './aggregate.errors.js';
import { ReplayFailedError } from '../replay/index.js';
import type { LoadedEvent } from './aggregate-history.js';
import type { AggregateRootDefinition, AggregateRootLike } from './aggregate-repository.interface.js';
import type { AggregateStore } from './aggregate-store.js';
import { setVersion } from './journaled-aggregate.js';

/** Of an aggregate without stored events. */
const NEW: AggregatePosition = { sequence: null, version: 0 };

/** Makes aggregates, brings them to the end of what is stored, and knows how far in it each object is. */
export class AggregateLoader<TAggregate extends AggregateRootLike> {
  private readonly known = new WeakMap<TAggregate, AggregatePosition>();
  /** They have applied events that were never stored, and no longer say so. */
  private readonly forgetful = new WeakSet<TAggregate>();

  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
  ) {}

  /** Whether there is an event of this aggregate. */
  has(id: string): boolean {
    return this.store.storedPositionOf(this.definition.type, id).version > 0;
  }

  /** How far an object is in what is stored. */
  positionOf(aggregate: TAggregate): AggregatePosition {
    return this.known.get(aggregate) ?? NEW;
  }

  setPosition(aggregate: TAggregate, position: AggregatePosition): void {
    this.known.set(aggregate, position);
    setVersion(aggregate, position.version);
  }

  /** A new aggregate without events. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
  create(id: string): TAggregate {
    const aggregate = this.definition.create(id);
    if (isThenable(aggregate)) {
      void Promise.resolve(aggregate).catch(() => undefined);
      throw new InvalidArgumentError('result of create()', aggregate, 'the aggregate itself, not a promise');
    }
    assertNoAutoCommit(aggregate);
    onForgetting(aggregate, () => this.forgetful.add(aggregate));
    return aggregate;
  }

  /**
   * Applies the stored events that the object does not hold yet.
   * @throws (rejects) ReplayFailedError (`JOURNAL_REPLAY_FAILED`) when an event handler of the aggregate throws; what reading throws
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

  /** Whether an object holds what the journal holds, and nothing else. */
  isStored(aggregate: TAggregate | null): boolean {
    return (
      aggregate !== null &&
      !this.forgetful.has(aggregate) &&
      aggregate.getUncommittedEvents().length === 0 &&
      this.positionOf(aggregate).version > 0
    );
  }
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What was `uncommit` before it told of itself. */
const uncommits = new WeakMap<AggregateRootLike, Method>();

/** Tells when somebody has an aggregate forget events; what its methods do is as it was. */
function onForgetting(aggregate: AggregateRootLike, forgets: () => void): void {
  for (const name of ['uncommit', 'commit'] as const) {
    const method = (aggregate as Partial<Record<typeof name, Method>>)[name];
    if (typeof method !== 'function') continue;
    if (name === 'uncommit') uncommits.set(aggregate, method);
    const value: Method = function (...args) {
      if (aggregate.getUncommittedEvents().length > 0) forgets();
      return method.apply(this, args);
    };
    Reflect.defineProperty(aggregate, name, { value, configurable: true, writable: true });
  }
}

/** As `uncommit()`, of which nobody is told. */
export function uncommitQuietly(aggregate: AggregateRootLike): void {
  (uncommits.get(aggregate) ?? (aggregate.uncommit as Method)).call(aggregate);
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
