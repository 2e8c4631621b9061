import type { AggregatePosition } from './aggregate.errors.js';
import type { AggregateRootLike } from './aggregate-repository.interface.js';
import { setVersion } from './journaled-aggregate-root.js';

/** The position of an aggregate without stored events. */
const NEW: AggregatePosition = { sequence: null, version: 0 };

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** One object of an aggregate, with what its repository knows about it. */
export class TrackedAggregate<T extends AggregateRootLike> {
  /** The running save of the object: a promise that settles with it; null if there is none. */
  save: Promise<unknown> | null = null;
  private known: AggregatePosition = NEW;
  /** Whether the object discarded applied events: its state includes events that are not stored. */
  private hasDiscarded = false;
  /** The object's own `uncommit`, once {@link observe} has replaced it. */
  private uncommit: Method | null = null;

  constructor(readonly object: T) {}

  /** The position of the last stored event that the object holds. */
  get position(): AggregatePosition {
    return this.known;
  }

  set position(position: AggregatePosition) {
    this.known = position;
    setVersion(this.object, position.version);
  }

  /** Whether the object holds stored events, and no others. */
  get isStored(): boolean {
    return this.known.version > 0 && !this.hasDiscarded && this.object.getUncommittedEvents().length === 0;
  }

  /**
   * Detects calls of `uncommit` or `commit` with uncommitted events. The methods work as before.
   */
  observe(): void {
    for (const name of ['uncommit', 'commit'] as const) {
      const { object } = this;
      const method = (object as Partial<Record<typeof name, Method>>)[name];
      if (typeof method !== 'function') continue;
      if (name === 'uncommit') this.uncommit = method;
      const discard = (): void => void (this.hasDiscarded = true);
      const value: Method = function (...args) {
        if (object.getUncommittedEvents().length > 0) discard();
        return method.apply(this, args);
      };
      Reflect.defineProperty(object, name, { value, configurable: true, writable: true });
    }
  }

  /** Removes the first `count` uncommitted events, which are stored. Later events remain. */
  removeStored(count: number): void {
    const { object } = this;
    const rest = object.getUncommittedEvents().slice(count);
    (this.uncommit ?? (object.uncommit as Method)).call(object);
    for (const event of rest) object.apply(event, { skipHandler: true });
  }
}

/** The objects that a repository created, loaded or saved. It keeps none of them in memory. */
export class TrackedAggregates<T extends AggregateRootLike> {
  private readonly tracked = new WeakMap<T, TrackedAggregate<T>>();

  of(object: T): TrackedAggregate<T> {
    let tracked = this.tracked.get(object);
    if (tracked === undefined) this.tracked.set(object, (tracked = new TrackedAggregate(object)));
    return tracked;
  }
}
