/**
 * One append in flight, against the time of the disk for the same bytes. The turns are short and many: sync
 * latency has several modes, and a turn should not outlast a mode.
 */
import {
  ALL_APPENDERS,
  FLOOR_BLOCKING,
  FLOOR_THREAD_POOL,
  FLOOR_THREAD_POOL_DSYNC,
  OURS,
  OURS_EVENT_LOOP,
  isolated,
  openAll,
  type IsolatedAppender,
} from '../contestants/index.js';
import { Latencies } from '../harness/latency.js';
import { inRounds } from '../harness/rounds.js';
import { subdirectory } from '../harness/workspace.js';
import type { Bench } from './bench.js';

/** Turns of a round, whose latencies are counted together. */
const TURNS = 10;

export const latency: Bench = async ({ plan, workspace, figures }) => {
  const all = ALL_APPENDERS.map((opening) => isolated(opening, [1]));
  const opened = await openAll(all, (name) => subdirectory(workspace, name), figures.skipped);
  const appenders = opened.filter((appender) => appender.supports(1));
  const turnMs = Math.max(10, plan.sliceMs / 4);
  for (const appender of appenders) await appender.run(1, plan.sliceMs);
  for (let round = 0; round < plan.rounds; round += 1) {
    const rounds = new Map(appenders.map((appender) => [appender, new Latencies()]));
    await inRounds(plan.smoke ? 1 : TURNS, appenders, async (appender: IsolatedAppender) => {
      const { latencies } = await appender.run(1, turnMs);
      rounds.get(appender)?.addAll(latencies);
    });
    for (const [{ name }, latencies] of rounds) latencies.record(figures, name, null);
  }
  for (const appender of opened) await appender.close();

  for (const [floor, id] of [
    [FLOOR_THREAD_POOL, '2'],
    [FLOOR_THREAD_POOL_DSYNC, '2.dsync'],
    [FLOOR_BLOCKING, '2.blocking'],
  ] as const) {
    figures.target(
      { id: `${id}.p50`, text: `1 in flight, p50, against ${floor}`, bound: 'at most', limit: 1.6 },
      'latency p50',
      OURS,
      floor,
    );
    figures.target(
      { id: `${id}.p99`, text: `1 in flight, p99, against ${floor}`, bound: 'at most', limit: 1.5 },
      'latency p99',
      OURS,
      floor,
    );
  }
  figures.target(
    {
      id: '2.event-loop.p50',
      text: `1 in flight, p50, with syncOn: 'event-loop', against ${FLOOR_THREAD_POOL}`,
      bound: 'at most',
      limit: 1.25,
    },
    'latency p50',
    OURS_EVENT_LOOP,
    FLOOR_THREAD_POOL,
  );
};
