import type { AggregatePosition } from './aggregate.errors.js';

/** The position of an aggregate without stored events. */
const NEW: AggregatePosition = { sequence: null, version: 0 };

/** What a repository knows about one object of an aggregate. */
export interface TrackedObject {
  /** The position of the last stored event that the object holds. */
  position: AggregatePosition;
  /** Whether the object discarded applied events: its state includes events that are not stored. */
  hasDiscarded: boolean;
  /** The save that is running for the object. Settles with it; null if there is none. */
  save: Promise<unknown> | null;
}

/** The objects that a repository created, loaded or saved. It keeps none of them in memory. */
export class TrackedObjects<T extends object> {
  private readonly tracked = new WeakMap<T, TrackedObject>();

  of(object: T): TrackedObject {
    let tracked = this.tracked.get(object);
    if (tracked === undefined) {
      tracked = { position: NEW, hasDiscarded: false, save: null };
      this.tracked.set(object, tracked);
    }
    return tracked;
  }
}
