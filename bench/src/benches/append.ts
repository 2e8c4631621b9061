/**
 * Durable appends: throughput, latency and the event loop's delay against the number of appends in flight.
 */
import {
  ALL_APPENDERS,
  DATABASES,
  OURS,
  OURS_BATCH,
  OURS_EVENT_LOOP,
  PEERS,
  isolated,
  openAll,
  type IsolatedAppender,
} from '../contestants/index.js';
import { inRounds } from '../harness/rounds.js';
import { subdirectory } from '../harness/workspace.js';
import type { Bench, BenchContext } from './bench.js';

/** A new process first compiles its code. */
const WARM_UP_FRACTION = 2;

export const append: Bench = async (context) => {
  const { plan, workspace, figures } = context;
  const all = ALL_APPENDERS.filter(({ name }) => name !== OURS_EVENT_LOOP);
  const processes = all.map((opening) => isolated(opening, plan.inFlight));
  const appenders = await openAll(processes, (name) => subdirectory(workspace, name), figures.skipped);
  for (const inFlight of plan.inFlight) await measureAt(context, appenders, inFlight);
  for (const appender of appenders) await appender.close();
  for (const { inFlight, limit } of [
    { inFlight: 1000, limit: 3 },
    { inFlight: 64, limit: 2 },
  ]) {
    for (const { id, against, peers } of [
      { id: `1.${inFlight}`, against: 'the best peer', peers: PEERS },
      { id: `1.${inFlight}.db`, against: 'the best database', peers: DATABASES },
    ]) {
      const best = figures.best('durable append', peers, inFlight, 'highest');
      const peer = `${against}${best === null ? '' : ` (${best})`}`;
      const single = `durable append, ${inFlight} in flight, against ${peer}`;
      figures.target({ id, text: single, bound: 'at least', limit }, 'durable append', OURS, best, inFlight);
      const batch = `durable append, ${inFlight} per appendBatch, against ${peer}`;
      figures.target(
        { id: `${id}.batch`, text: batch, bound: 'at least', limit },
        'durable append',
        OURS_BATCH,
        best,
        inFlight,
      );
    }
  }
  const delays = figures.rounds('event-loop delay p99', OURS, 1000);
  if (delays !== null) {
    figures.targets.push({
      id: '6.append-delay',
      text: 'event-loop delay p99 during durable appends, 1,000 in flight',
      bound: 'at most',
      limit: 5,
      rounds: [...delays],
      of: 'ms',
    });
  }
};

async function measureAt(
  { plan, figures }: BenchContext,
  all: readonly IsolatedAppender[],
  inFlight: number,
): Promise<void> {
  const appenders = all.filter((appender) => appender.supports(inFlight));
  for (const appender of appenders) await appender.run(inFlight, plan.sliceMs * WARM_UP_FRACTION);
  await inRounds(plan.rounds, appenders, async (appender: IsolatedAppender) => {
    const { name } = appender;
    const outcome = await appender.run(inFlight, plan.sliceMs);
    const { entries, elapsedMs, latencies, cpuUs, delayP99Ms, longestGapMs } = outcome;
    figures.record('CPU time', 'µs/entry', name, inFlight, cpuUs / Math.max(1, entries));
    figures.record('durable append', 'entries/s', name, inFlight, (entries / elapsedMs) * 1000);
    latencies.record(figures, name, inFlight);
    figures.record('event-loop delay p99', 'ms', name, inFlight, delayP99Ms);
    figures.record('event loop, longest gap', 'ms', name, inFlight, longestGapMs);
  });
}
