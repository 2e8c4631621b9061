/**
 * Profiles one case for some seconds and prints the functions with the most self time. npm run bench --
 * --smoke append node --enable-source-maps dist/bench/profile.js append-1000 [SECONDS]
 */
import { Session } from 'node:inspector/promises';
import { basename } from 'node:path';
import {
  APPEND_DEPOSIT,
  OURS,
  SUBMIT,
  SUBMITTERS,
  UPDATERS,
  journalAppender,
  openJournal,
  updateOf,
} from './contestants/index.js';
import { EventSource } from './harness/events.js';
import { fillJournal } from './harness/journals.js';
import { makeWorkspace, remove } from './harness/workspace.js';

/** The cases: each prepares its data and returns the function to profile. */
type Case = (directory: string) => Promise<(durationMs: number) => Promise<number>>;

const READ_BYTES = 64 * 1024 * 1024;
const SHOWN = 30;

const CASES: Readonly<Record<string, Case>> = {
  'append-1': (directory) => appendCase(directory, 1),
  'append-64': (directory) => appendCase(directory, 64),
  'append-1000': (directory) => appendCase(directory, 1000),
  'submit-1': (directory) => submitCase(directory, 1),
  'submit-256': (directory) => submitCase(directory, 256),
  'append-async': async (directory) => {
    const journal = await openJournal(directory, { durability: 'async' });
    const source = new EventSource();
    return (durationMs) =>
      repeat(durationMs, async () => {
        for (let i = 1; i < 1000; i += 1) void journal.append(source.typed());
        await journal.append(source.typed());
        return 1000;
      });
  },
  'append-deposits-256': (directory) => updateCase(directory, APPEND_DEPOSIT, 256),
  'update-hot-64': (directory) => updateCase(directory, updateOf(1_000), 64),
  'update-hot-256': (directory) => updateCase(directory, updateOf(1_000), 256),
  'update-cold-256': (directory) => updateCase(directory, updateOf(100_000, false), 256),
  'read-decoded': (directory) => readCase(directory, true),
  'read-undecoded': (directory) => readCase(directory, false),
  open: async (directory) => {
    await fillJournal(directory, READ_BYTES, new EventSource());
    return (durationMs) =>
      repeat(durationMs, async () => {
        await (await openJournal(directory)).close();
        return 1;
      });
  },
};

async function appendCase(
  directory: string,
  inFlight: number,
): Promise<(durationMs: number) => Promise<number>> {
  const appender = await journalAppender(OURS, {}).open(directory);
  return async (durationMs) => (await appender.run(inFlight, durationMs)).entries;
}

async function updateCase(
  directory: string,
  name: string,
  inFlight: number,
): Promise<(durationMs: number) => Promise<number>> {
  const updater = await UPDATERS.find((one) => one.name === name)?.open(directory);
  return async (durationMs) => (await updater?.run(inFlight, durationMs))?.entries ?? 0;
}

async function submitCase(
  directory: string,
  inFlight: number,
): Promise<(durationMs: number) => Promise<number>> {
  const submitter = await SUBMITTERS.find(({ name }) => name === SUBMIT)?.open(directory);
  if (submitter === undefined) throw new RangeError(`there is no contestant ${SUBMIT}`);
  return async (durationMs) => (await submitter.run(inFlight, durationMs)).entries;
}

async function readCase(
  directory: string,
  decoded: boolean,
): Promise<(durationMs: number) => Promise<number>> {
  await fillJournal(directory, READ_BYTES, new EventSource());
  const journal = await openJournal(directory);
  return (durationMs) =>
    repeat(durationMs, async () => {
      let count = 0;
      for (const entry of journal.readFrom(0n)) {
        if (decoded ? entry.event.sequenceNum >= 0n : entry.payload.length > 0) count += 1;
      }
      return count;
    });
}

async function repeat(durationMs: number, run: () => Promise<number>): Promise<number> {
  const endMs = performance.now() + durationMs;
  let count = 0;
  while (performance.now() < endMs) count += await run();
  return count;
}

const [name = '', seconds = '4'] = process.argv.slice(2);
const prepare = CASES[name];
if (prepare === undefined) throw new RangeError(`the cases are ${Object.keys(CASES).join(', ')}`);
const workspace = makeWorkspace();
try {
  const run = await prepare(workspace);
  await run(1_000);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const startMs = performance.now();
  const count = await run(Number(seconds) * 1_000);
  const elapsedMs = performance.now() - startMs;
  const { profile } = await session.post('Profiler.stop');
  console.log(
    `${name}: ${count} in ${Math.round(elapsedMs)} ms, ${Math.round((count / elapsedMs) * 1000)}/s`,
  );
  printSelfTimes(profile.nodes, profile.samples ?? [], profile.timeDeltas ?? []);
} finally {
  remove(workspace);
}
process.exit();

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

function printSelfTimes(
  nodes: readonly ProfileNode[],
  samples: readonly number[],
  timeDeltas: readonly number[],
): void {
  const labels = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName === '' ? '(anonymous)' : functionName} ${url === '' ? '' : `${basename(url)}:${lineNumber + 1}`}`,
    ]),
  );
  const selfUs = new Map<string, number>();
  let totalUs = 0;
  for (const [index, id] of samples.entries()) {
    const label = labels.get(id) ?? '?';
    const deltaUs = timeDeltas[index] ?? 0;
    selfUs.set(label, (selfUs.get(label) ?? 0) + deltaUs);
    totalUs += deltaUs;
  }
  const sorted = [...selfUs].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  for (const [label, us] of sorted)
    console.log(`${((us / totalUs) * 100).toFixed(1).padStart(5)} %  ${label}`);
}
