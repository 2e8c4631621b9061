/** `Sequencer.submit` of a Nest application, against `append` of the same events. */
import {
  APPEND,
  APPEND_JSON,
  SUBMIT,
  SUBMITTERS,
  SUBMIT_FOLLOWED,
  SUBMIT_HANDLED,
  SUBMIT_JSON,
  SUBMIT_NAMED,
  isolated,
  openAll,
  type IsolatedAppender,
} from '../contestants/index.js';
import { inRounds } from '../harness/rounds.js';
import { subdirectory } from '../harness/workspace.js';
import type { Bench, BenchContext } from './bench.js';

/** A new process first compiles its code. */
const WARM_UP_FRACTION = 2;
const IN_FLIGHT: readonly number[] = [1, 64, 256, 1000];
const CPU_TIME = 'CPU time';

export const submit: Bench = async (context) => {
  const { plan, workspace, figures } = context;
  const inFlight = IN_FLIGHT.filter((count) => plan.inFlight.includes(count));
  const processes = SUBMITTERS.map((opening) => isolated(opening, inFlight));
  const submitters = await openAll(processes, (name) => subdirectory(workspace, name), figures.skipped);
  for (const count of inFlight) await measureAt(context, submitters, count);
  for (const submitter of submitters) await submitter.close();

  for (const [id, ours, theirs] of [
    ['submit.cpu', SUBMIT, APPEND],
    ['submit.cpu.handler', SUBMIT_HANDLED, APPEND],
    ['submit.cpu.ids', SUBMIT_NAMED, APPEND],
    ['submit.cpu.applied', SUBMIT_FOLLOWED, APPEND],
    ['submit.cpu.json', SUBMIT_JSON, APPEND_JSON],
  ] as const) {
    const text = `${ours}, 256 in flight: CPU time against ${theirs} of the same events`;
    figures.target({ id, text, bound: 'at most', limit: 1.5 }, CPU_TIME, ours, theirs, 256);
  }
  figures.target(
    {
      id: 'submit.p50',
      text: `${SUBMIT}, 1 in flight: p50 against ${APPEND} of the same events`,
      bound: 'at most',
      limit: 1.1,
    },
    'latency p50',
    SUBMIT,
    APPEND,
    1,
  );
};

async function measureAt(
  { plan, figures }: BenchContext,
  submitters: readonly IsolatedAppender[],
  inFlight: number,
): Promise<void> {
  for (const submitter of submitters) await submitter.run(inFlight, plan.sliceMs * WARM_UP_FRACTION);
  await inRounds(plan.rounds, submitters, async (submitter: IsolatedAppender) => {
    const { name } = submitter;
    const outcome = await submitter.run(inFlight, plan.sliceMs);
    const { entries, elapsedMs, latencies, cpuUs, allocatedBytes } = outcome;
    const count = Math.max(1, entries);
    figures.record(CPU_TIME, 'µs/entry', name, inFlight, cpuUs / count);
    figures.record('durable entries', 'entries/s', name, inFlight, (entries / elapsedMs) * 1000);
    figures.record('allocated', 'bytes/entry', name, inFlight, allocatedBytes / count);
    latencies.record(figures, name, inFlight);
  });
}
