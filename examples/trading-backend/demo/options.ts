/** Ways to break a comparison on purpose, to see that it can fail. */
const SABOTAGES = ['lose-command', 'change-result', 'lose-order', 'swap-golden-orders'] as const;
export type Sabotage = (typeof SABOTAGES)[number];

export interface DemoOptions {
  /** The seed of the order flow. */
  readonly seed: number;
  /** The number of concurrent HTTP clients. Each waits for an answer before its next request. */
  readonly clients: number;
  /** The number of kills of the backend in the middle of the load. */
  readonly kills: number;
  /** The number of answers before a kill; {@link maxRoundMs} may come first. */
  readonly answersPerRound: number;
  readonly maxRoundMs: number;
  /** The demo gives up after this time. */
  readonly timeoutMs: number;
  readonly sabotage: ReadonlySet<Sabotage>;
}

/**
 * Reads `DEMO_SEED`, `DEMO_CLIENTS`, `DEMO_KILLS`, `DEMO_ANSWERS`, `DEMO_TIMEOUT_MS` and `DEMO_SABOTAGE` (a
 * list).
 *
 * @throws RangeError that names the variable
 */
export function optionsFromEnvironment(environment: NodeJS.ProcessEnv): DemoOptions {
  const positive = (name: string, fallback: number): number => {
    const value = Number(environment[name] ?? fallback);
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer`);
    return value;
  };
  return {
    seed: positive('DEMO_SEED', 20_240_405),
    clients: positive('DEMO_CLIENTS', 32),
    kills: positive('DEMO_KILLS', 3),
    answersPerRound: positive('DEMO_ANSWERS', 3_000),
    maxRoundMs: 6_000,
    timeoutMs: positive('DEMO_TIMEOUT_MS', 55_000),
    sabotage: sabotages(environment['DEMO_SABOTAGE'] ?? ''),
  };
}

function sabotages(list: string): ReadonlySet<Sabotage> {
  const names = list.split(',').filter((name) => name !== '');
  return new Set(
    names.map((name) => {
      const known = SABOTAGES.find((item) => item === name);
      if (known === undefined) throw new RangeError(`DEMO_SABOTAGE must be of ${SABOTAGES.join(', ')}`);
      return known;
    }),
  );
}
