/** Durable appends: throughput, latency and the event loop's delay against the number of appends in flight. */
import {
  DATABASES,
  FLOORS,
  JOURNAL_APPENDERS,
  OURS,
  OURS_BATCH,
  PEERS,
  PEER_APPENDERS,
  openAll,
  type Appender,
} from '../contestants/index.js';
import { cpuTimer } from '../harness/cpu.js';
import { LoopWatch } from '../harness/latency.js';
import { inRounds } from '../harness/rounds.js';
import { remove, subdirectory } from '../harness/workspace.js';
import type { Bench, BenchContext } from './bench.js';

const WARM_UP_FRACTION = 0.4;

export const append: Bench = async (context) => {
  for (const inFlight of context.plan.inFlight) await measureAt(context, inFlight);
  const { figures } = context;
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

async function measureAt({ plan, workspace, figures }: BenchContext, inFlight: number): Promise<void> {
  const directory = subdirectory(workspace, `append-${inFlight}`);
  const all = [...JOURNAL_APPENDERS, ...PEER_APPENDERS, ...FLOORS];
  const opened = await openAll(all, (name) => subdirectory(directory, name), figures.skipped);
  const appenders = opened.filter((appender) => appender.supports(inFlight));
  for (const appender of appenders) await appender.run(inFlight, plan.sliceMs * WARM_UP_FRACTION);
  await inRounds(plan.rounds, appenders, async (appender: Appender) => {
    const watch = new LoopWatch();
    const cpuUs = cpuTimer();
    const { entries, elapsedMs, latencies } = await appender.run(inFlight, plan.sliceMs);
    figures.record('CPU time', 'µs/entry', appender.name, inFlight, cpuUs() / Math.max(1, entries));
    const { delayP99Ms, longestGapMs } = watch.stop();
    const { name } = appender;
    figures.record('durable append', 'entries/s', name, inFlight, (entries / elapsedMs) * 1000);
    latencies.record(figures, name, inFlight);
    figures.record('event-loop delay p99', 'ms', name, inFlight, delayP99Ms);
    figures.record('event loop, longest gap', 'ms', name, inFlight, longestGapMs);
  });
  for (const appender of opened) await appender.close();
  remove(directory);
}
