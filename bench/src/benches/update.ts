/**
 * `AggregateRepository.update` of a Nest application, against `append` of the same events. Hot aggregates are
 * in memory; every update loads cold ones from the journal.
 */
import {
  APPEND_DEPOSIT,
  APPEND_INSTANCE,
  UPDATERS,
  isolated,
  openAll,
  updateOf,
  type IsolatedAppender,
} from '../contestants/index.js';
import { inRounds } from '../harness/rounds.js';
import { subdirectory } from '../harness/workspace.js';
import type { Bench, BenchContext } from './bench.js';

/** A new process first compiles its code. */
const WARM_UP_FRACTION = 2;
const IN_FLIGHT: readonly number[] = [1, 64, 256];
const CPU_TIME = 'CPU time';
const THROUGHPUT = 'durable updates';

export const update: Bench = async (context) => {
  const { plan, workspace, figures } = context;
  const inFlight = IN_FLIGHT.filter((count) => plan.inFlight.includes(count));
  const processes = UPDATERS.map((opening) => isolated(opening, inFlight));
  const updaters = await openAll(processes, (name) => subdirectory(workspace, name), figures.skipped);
  for (const count of inFlight) await measureAt(context, updaters, count);
  for (const updater of updaters) await updater.close();

  for (const { aggregates, x } of [
    { aggregates: 1_000, x: 256 },
    { aggregates: 1_000, x: 64 },
    { aggregates: 100_000, x: 256 },
    { aggregates: 1, x: 1 },
  ]) {
    const ours = updateOf(aggregates);
    for (const theirs of [APPEND_DEPOSIT, APPEND_INSTANCE]) {
      const id = `update.cpu.${aggregates}.${x}${theirs === APPEND_DEPOSIT ? '' : '.classes'}`;
      const text = `${ours}, ${x} in flight: CPU time against ${theirs} of the same events`;
      figures.target({ id, text, bound: 'at most', limit: 3 }, CPU_TIME, ours, theirs, x);
    }
  }
  for (const aggregates of [1_000, 100_000]) {
    const id = `update.rate.${aggregates}.256`;
    const text = `${updateOf(aggregates)}, 256 in flight: throughput against ${APPEND_DEPOSIT} of the same events`;
    const target = { id, text, bound: 'at least', limit: 0.33 } as const;
    figures.target(target, THROUGHPUT, updateOf(aggregates), APPEND_DEPOSIT, 256);
  }
};

async function measureAt(
  { plan, figures }: BenchContext,
  all: readonly IsolatedAppender[],
  inFlight: number,
): Promise<void> {
  const updaters = all.filter((updater) => updater.supports(inFlight));
  for (const updater of updaters) await updater.run(inFlight, plan.sliceMs * WARM_UP_FRACTION);
  await inRounds(plan.rounds, updaters, async (updater: IsolatedAppender) => {
    const { name } = updater;
    const { entries, elapsedMs, latencies, cpuUs } = await updater.run(inFlight, plan.sliceMs);
    figures.record(CPU_TIME, 'µs/update', name, inFlight, cpuUs / Math.max(1, entries));
    figures.record(THROUGHPUT, 'updates/s', name, inFlight, (entries / elapsedMs) * 1000);
    latencies.record(figures, name, inFlight);
  });
}
