import { isThenable } from '../common/index.js';
import { InvalidOptionError } from '../journal/index.js';
import { EventUpcastError, EventVersionError, type StoredEventPlace } from './domain-event.errors.js';

/**
 * Facts about the event, passed to an upcaster beside the data.
 * @publicApi
 */
export interface UpcastContext {
  /** The name that the event is stored under, which may be an alias. */
  readonly eventName: string;
  /** Null if the event belongs to no aggregate. */
  readonly aggregateId: string | null;
}

/**
 * Converts the data of one version to the next. The data is plain, as the codec decoded it: with the generic
 * codec a small integer is a `number`, even if a `bigint` was written. An upcaster must be pure: the same
 * data always gives the same result, without a clock or lookups.
 * @publicApi
 */
export type Upcaster<TFrom = never, TTo extends object = object> = (
  data: TFrom,
  context: UpcastContext,
) => TTo;

/**
 * Upcasters by the version that they read: `{ 1: v1 => v2, 2: v2 => v3 }`.
 * @publicApi
 */
export type Upcasters = Readonly<Record<number, Upcaster>>;

/** The next version, up to the last one that the compiler checks. */
interface Next {
  1: 2;
  2: 3;
  3: 4;
  4: 5;
  5: 6;
  6: 7;
  7: 8;
  8: 9;
  9: 10;
}

/**
 * Upcasters, each of which returns what the next one accepts. Up to version 10, a step that does not fit is a
 * compile error at that step.
 */
export type UpcasterChain<T> = {
  [Version in keyof T]: Version extends keyof Next
    ? Next[Version] extends keyof T
      ? T[Next[Version]] extends (data: infer Following, ...rest: never) => unknown
        ? T[Version] extends (...args: infer Args) => unknown
          ? (...args: Args) => Following
          : T[Version]
        : T[Version]
      : T[Version]
    : T[Version];
};

/**
 * Rejects upcasters unless there is exactly one for each version below the newest.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the event and the version
 */
export function assertCompleteChain(eventName: string, version: number, upcasters: Upcasters): void {
  for (let from = 1; from < version; from += 1) {
    if (typeof upcasters[from] === 'function') continue;
    throw new InvalidOptionError(
      `upcasters of event ${eventName}`,
      Object.keys(upcasters).join(', ') || 'none',
      `one from each version 1 … ${version - 1}; the one from version ${from} to ${from + 1} is missing`,
    );
  }
  const odd = Object.keys(upcasters).find((key) => !(Number(key) >= 1 && Number(key) < version));
  if (odd === undefined) return;
  throw new InvalidOptionError(
    `upcasters of event ${eventName}`,
    odd,
    `from versions 1 … ${version - 1}, because the event has version ${version}`,
  );
}

/**
 * Converts a stored event to the current version.
 * @throws EventVersionError (`JOURNAL_EVENT_VERSION`) if a newer release stored the event
 * @throws EventUpcastError (`JOURNAL_EVENT_UPCAST`)
 */
export function upcast(
  data: unknown,
  storedVersion: number,
  version: number,
  upcasters: Upcasters,
  place: StoredEventPlace,
): unknown {
  if (storedVersion > version) throw new EventVersionError(place, storedVersion, version);
  let current = data;
  for (let from = Math.max(1, storedVersion); from < version; from += 1) {
    current = step(current, from, upcasters[from], place);
  }
  return current;
}

function step(data: unknown, from: number, upcaster: Upcaster | undefined, place: StoredEventPlace): object {
  let next: unknown;
  try {
    // The stored version selects the upcaster; the application is responsible for the types of that version.
    next = upcaster?.(data as never, { eventName: place.eventName, aggregateId: place.aggregateId });
  } catch (cause) {
    throw new EventUpcastError(place, from, cause);
  }
  if (typeof next === 'object' && next !== null && !isThenable(next)) {
    return next;
  }
  // The result is ignored; if it is a promise, its rejection must not be unhandled.
  Promise.resolve(next).catch(() => undefined);
  throw new EventUpcastError(place, from, new Error('the upcaster must return an object, synchronously'));
}
