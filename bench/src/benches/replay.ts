/** Replay through Nest, and the longest delay of the event loop. */
import { openJournal } from '../contestants/index.js';
import { EventSource } from '../harness/events.js';
import { fillJournal } from '../harness/journals.js';
import { LoopWatch } from '../harness/latency.js';
import { inRounds } from '../harness/rounds.js';
import { subdirectory } from '../harness/workspace.js';
import type { Bench } from './bench.js';
import { AppliedBook, ExecutedBook, bootAndReplay, type ReplayOutcome } from './nest-replay.js';

const METRIC = 'replay';
const BARE = 'bare readFrom, decoded';
const BARE_ASYNC = 'bare readFrom, decoded, for await';
const APPLIED = 'ReplayService into apply()';
const EXECUTED = 'ReplayService into execute(), results compared';

export const replay: Bench = async ({ plan, workspace, figures }) => {
  const directory = subdirectory(workspace, 'journal');
  const source = new EventSource();
  await fillJournal(directory, plan.replayBytes, source);
  const entries = source.next;

  // A journal of gigabytes takes minutes to read, and the code warms up during the read.
  const isLarge = plan.replayBytes > plan.readBytes;
  const all = [
    { name: BARE, run: () => readBare(directory) },
    { name: BARE_ASYNC, run: () => readBareAsync(directory) },
    { name: APPLIED, run: () => bootAndReplay(directory, AppliedBook) },
    { name: EXECUTED, run: () => bootAndReplay(directory, ExecutedBook) },
  ];
  const ways = isLarge ? all.filter(({ name }) => name === BARE || name === APPLIED) : all;
  if (!isLarge) for (const { run } of ways) await run();
  await inRounds(plan.rounds, ways, async ({ name, run }) => {
    const { elapsedMs, delayP99Ms, longestGapMs } = await run();
    figures.record(METRIC, 'entries/s', name, null, (entries / elapsedMs) * 1000);
    figures.record('event-loop delay p99', 'ms', name, null, delayP99Ms);
    figures.record('event loop, longest gap', 'ms', name, null, longestGapMs);
  });
  for (const [id, name] of [
    ['6.apply', APPLIED],
    ['6.execute', EXECUTED],
  ] as const) {
    if (isLarge && name !== APPLIED) continue;
    figures.target(
      { id, text: `${name}, against ${BARE}`, bound: 'at least', limit: name === APPLIED ? 0.9 : 0.8 },
      METRIC,
      name,
      BARE,
    );
    figures.targets.push({
      id: `${id}-delay`,
      text: `event-loop delay p99, ${name}`,
      bound: 'at most',
      limit: 15,
      rounds: [...(figures.rounds('event-loop delay p99', name) ?? [])],
      of: 'ms',
    });
  }
};

async function readBare(directory: string): Promise<ReplayOutcome> {
  const journal = await openJournal(directory);
  const loop = new LoopWatch();
  const startMs = performance.now();
  let count = 0;
  for (const { event } of journal.readFrom(0n)) if (event.sequenceNum >= 0n) count += 1;
  const elapsedMs = performance.now() - startMs;
  const delays = loop.stop();
  await journal.close();
  if (count === 0) throw new Error('nothing was read');
  return { elapsedMs, ...delays };
}

async function readBareAsync(directory: string): Promise<ReplayOutcome> {
  const journal = await openJournal(directory);
  const loop = new LoopWatch();
  const startMs = performance.now();
  let count = 0;
  for await (const { event } of journal.readFrom(0n)) if (event.sequenceNum >= 0n) count += 1;
  const elapsedMs = performance.now() - startMs;
  const delays = loop.stop();
  await journal.close();
  if (count === 0) throw new Error('nothing was read');
  return { elapsedMs, ...delays };
}
