const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Runs synchronous code with the date of the next day and with other random numbers. Code that reads the
 * clock or uses random numbers then reliably gives another result, not only if the millisecond happens to
 * change.
 */
export function onAnotherDay<T>(run: () => T): T {
  const { Date: Today } = globalThis;
  const { random } = Math;
  try {
    globalThis.Date = tomorrow(Today);
    Math.random = () => 1 - random();
    return run();
  } finally {
    globalThis.Date = Today;
    Math.random = random;
  }
}

/** A `Date` one day ahead. It makes real dates, so that they compare with others. */
function tomorrow(Today: DateConstructor): DateConstructor {
  const now = (): number => Today.now() + DAY_MS;
  return new Proxy(Today, {
    construct: (target, args: unknown[]) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args) as object,
    apply: () => new Today(now()).toString(),
    get: (target, property, receiver) =>
      property === 'now' ? now : (Reflect.get(target, property, receiver) as unknown),
  });
}
