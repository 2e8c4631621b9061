import { isThenable } from '../common/index.js';
import { InvalidOptionError } from '../journal/index.js';
import { EventUpcastError, type StoredEventPlace } from './domain-event.errors.js';

/**
 * What an upcaster learns about the event beside its data.
 * @publicApi
 */
export interface UpcastContext {
  /** The name the event is stored under, which may be an alias. */
  readonly eventName: string;
  /** Null where the event belongs to no aggregate. */
  readonly aggregateId: string | null;
}

/**
 * Makes the data of one version into that of the next. Plain data, as the codec decoded it (with the generic
 * codec a small integer is a `number`, whatever it was when it was written). Pure: the same data gives the
 * same data for ever, no clock, no lookups.
 * @publicApi
 */
export type Upcaster<TFrom = never, TTo extends object = object> = (
  data: TFrom,
  context: UpcastContext,
) => TTo;

/**
 * Upcasters by the version they read: `{ 1: v1 => v2, 2: v2 => v3 }`.
 * @publicApi
 */
export type Upcasters = Readonly<Record<number, Upcaster>>;

/** The version after; as far as the chain is checked by the compiler. */
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
 * Upcasters each of which returns what the next one takes. A step that does not fit is a compile error at
 * that step, up to version 10.
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
 * Every version below the newest needs its upcaster, and no other has one.
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
    `from versions 1 … ${version - 1}, the event has version ${version}`,
  );
}

/** @throws EventUpcastError (`JOURNAL_EVENT_UPCAST`) */
export function upcast(
  data: unknown,
  fromVersion: number,
  toVersion: number,
  upcasters: Upcasters,
  place: StoredEventPlace,
): unknown {
  let current = data;
  for (let from = fromVersion; from < toVersion; from += 1) {
    current = step(current, from, upcasters[from], place);
  }
  return current;
}

function step(data: unknown, from: number, upcaster: Upcaster | undefined, place: StoredEventPlace): object {
  let next: unknown;
  try {
    // What is stored says which version it is; the types of that version are the application's word.
    next = upcaster?.(data as never, { eventName: place.eventName, aggregateId: place.aggregateId });
  } catch (cause) {
    throw new EventUpcastError(place, from, cause);
  }
  if (typeof next === 'object' && next !== null && !isThenable(next)) {
    return next;
  }
  // A promise may reject; its outcome is nobody's.
  Promise.resolve(next).catch(() => undefined);
  throw new EventUpcastError(place, from, new Error('the upcaster must return an object, synchronously'));
}
