const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Runs synchronous code on the next day, with other random numbers: what looks at the clock or rolls dice then comes to another result
 * than it does today, every time and not only when the millisecond happens to change.
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

/** Makes real dates, so that they compare with others. */
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
