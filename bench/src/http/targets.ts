import { FLOOR_THREAD_POOL } from '../contestants/index.js';
import type { Figures } from '../harness/measurements.js';
import { NO_OP, SUBMIT, label, type Platform } from './index.js';
import { BARE_CPU, LATENCY_P50, MANY, REQUESTS, SERVER_CPU } from './metrics.js';

/** The share of the no-op handler's requests that a `submit` reaches. */
const SHARES: Readonly<Record<Platform, number>> = { express: 0.93, fastify: 0.87 };

/** Adds the targets of the project for `submit` behind one platform. */
export function addHttpTargets(figures: Figures, platform: Platform): void {
  const noOp = label(NO_OP, platform);
  const submit = label(SUBMIT, platform);
  const where = platform === 'express' ? 'Express' : 'Fastify';
  figures.target(
    {
      id: `4.${platform}`,
      text: `${where}, ${MANY} connections: requests per second with a submit, against the no-op handler`,
      bound: 'at least',
      limit: SHARES[platform],
    },
    REQUESTS,
    submit,
    noOp,
    MANY,
  );
  const addedCpu = combine(
    figures.rounds(SERVER_CPU, submit, MANY),
    figures.rounds(SERVER_CPU, noOp, MANY),
    figures.rounds(BARE_CPU, submit, MANY),
  );
  if (addedCpu !== null) {
    figures.targets.push({
      id: `4.${platform}.cpu`,
      text: `${where}, ${MANY} connections: CPU time that a submit adds to a request, against a submit without HTTP`,
      bound: 'at most',
      limit: 1.3,
      rounds: addedCpu,
      of: '(submit - no-op) / submit without HTTP',
    });
  }
  const addedLatency = combine(
    figures.rounds(LATENCY_P50, submit, 1),
    figures.rounds(LATENCY_P50, noOp, 1),
    figures.rounds(LATENCY_P50, FLOOR_THREAD_POOL, 1),
  );
  if (addedLatency !== null) {
    figures.targets.push({
      id: `4.${platform}.p50`,
      text: `${where}, 1 connection: median latency that a submit adds to a request, against one write and sync`,
      bound: 'at most',
      limit: 1.2,
      rounds: addedLatency,
      of: '(submit - no-op) / write and sync',
    });
  }
}

/** (with - without) / unit, round by round; null if one of them was not measured. */
function combine(
  withIt: readonly number[] | null,
  without: readonly number[] | null,
  unit: readonly number[] | null,
): number[] | null {
  if (withIt === null || without === null || unit === null) return null;
  return withIt.map((value, round) => (value - (without[round] ?? 0)) / (unit[round] ?? Number.NaN));
}
