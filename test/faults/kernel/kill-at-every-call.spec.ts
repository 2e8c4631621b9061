/**
 * Kills the process at the first, the second, … call of each system call that changes the disk, until the
 * work completes. After each kill, the journal must hold every acknowledged entry, and must continue.
 */
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FileSnapshotStore } from '../../../src/replay/file-snapshot-store.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { DrivenChild } from './support/driven-child.js';
import { expectRecovered } from './support/recovered.js';
import { describeWith } from '../../support/requirements.js';
import { Strace } from './support/strace.js';

/**
 * Calls that change the disk. A kill before any other call leaves the same state as a kill before the next of
 * these.
 */
const CHANGING = ['pwrite64', 'fdatasync', 'fsync', 'fallocate', 'rename', 'unlink', 'mkdir'];
/** The other calls are tried only on request, because they take three times as many runs. */
const CALLS = process.env['FAULTS_FULL'] === '1' ? [...CHANGING, 'openat', 'close', 'flock'] : CHANGING;
const OPTIONS = { segmentSizeBytes: 4096, lockTimeoutMs: 0 };
const NAME = 'it';
const LARGE = 1500;
const TIMEOUT_MS = 600_000;

type Step = readonly [command: string, details: object];

interface Work {
  /** Commands that run before any kill. */
  readonly before: (directory: string) => readonly Step[];
  readonly steps: (directory: string) => readonly Step[];
  /** Paths on which to watch `write`, if the work uses it. A process also writes for other reasons. */
  readonly writes?: (directory: string) => string;
  /** Whether the work archives the oldest entries. */
  readonly archives?: boolean;
  readonly check?: (directory: string, done: boolean) => Promise<void>;
}

const opening = (directory: string): Step => ['open', { name: NAME, options: { directory, ...OPTIONS } }];
const appending = (from: number, count: number, padding = LARGE): Step => [
  'append',
  { name: NAME, from, count, padding },
];
const snapshotting = (directory: string, sequence: number): Step => [
  'snapshot',
  { directory: join(directory, 'snapshots'), sequence },
];
const snapshotFile = (directory: string, sequence: number): string =>
  join(directory, 'snapshots', `snapshot-book-${String(sequence).padStart(20, '0')}.snap.tmp`);

const WORKS: readonly (readonly [string, Work])[] = [
  ['making a journal', { before: () => [], steps: (at) => [opening(join(at, 'a', 'b')), appending(0, 1)] }],
  ['appending', { before: (at) => [opening(at)], steps: () => [appending(0, 2, 50)] }],
  ['rotating', { before: (at) => [opening(at), appending(0, 1)], steps: () => [appending(1, 4)] }],
  [
    'rotating in async durability',
    {
      before: (at) => [
        ['open', { name: NAME, options: { directory: at, ...OPTIONS, durability: 'async' } }],
        appending(0, 1),
      ],
      steps: () => [appending(1, 4), ['flush', { name: NAME }]],
    },
  ],
  [
    'archiving',
    {
      before: (at) => [opening(at), appending(0, 8)],
      archives: true,
      steps: () => [['archive', { name: NAME, before: 5 }], appending(8, 1)],
    },
  ],
  [
    'closing',
    {
      before: (at) => [opening(at), appending(0, 4)],
      steps: () => [appending(4, 1, 50), ['close', { name: NAME }]],
    },
  ],
  [
    'reopening',
    {
      before: (at) => [opening(at), appending(0, 4), ['close', { name: NAME }]],
      steps: (at) => [opening(at), appending(4, 3)],
    },
  ],
  [
    'taking a snapshot',
    {
      before: (at) => [opening(at), appending(0, 2, 50), snapshotting(at, 0)],
      steps: (at) => [snapshotting(at, 1)],
      writes: (at) => snapshotFile(at, 1),
      async check(at, done) {
        const stored: bigint[] = [];
        for await (const { sequence, payload } of new FileSnapshotStore({
          directory: join(at, 'snapshots'),
        }).load('book')) {
          expect(Buffer.from(payload).equals(Buffer.alloc(100, Number(sequence)))).toBe(true);
          stored.push(sequence);
        }
        expect(stored).toContain(0n); // the older one always remains
        if (done) expect(stored).toEqual([1n, 0n]);
      },
    },
  ],
];

interface Killing {
  readonly call: string;
  readonly nth: number;
  readonly paths?: readonly string[];
}

/** Runs the work. If `killing` is null, it only watches. @returns the result, with the calls of each kind */
async function run(
  work: Work,
  directory: string,
  killing: Killing | null,
): Promise<{ done: boolean; lastAcked: number; counts: Map<string, number> }> {
  const child = await DrivenChild.start({ snapshots: work.writes !== undefined });
  for (const [command, details] of work.before(directory)) await child.run(command, details);
  const strace = await Strace.attach(child, {
    trace: killing === null ? CALLS : [],
    inject: killing === null ? [] : [`${killing.call}:signal=KILL:when=${killing.nth}`],
    paths: killing?.paths ?? [],
  });
  let done = true;
  for (const [command, details] of work.steps(directory)) {
    const reply = await child.ask(command, details);
    if (reply?.error !== undefined) throw new Error(`${command}: ${reply.error.message}`);
    done &&= reply !== null;
    if (!done) break;
  }
  if (done) await child.kill();
  const calls = await strace.detach();
  await child.exited;
  const counts = new Map<string, number>();
  for (const { name } of calls) counts.set(name, (counts.get(name) ?? 0) + 1);
  return { done, lastAcked: child.lastAcked(NAME), counts };
}

function killingsOf(counts: ReadonlyMap<string, number>): Killing[] {
  return [...counts].flatMap(([call, count]) =>
    Array.from({ length: count }, (_, index) => ({ call, nth: index + 1 })),
  );
}

/** @returns how often the process was killed before its work was done */
async function killAtEach(work: Work): Promise<number> {
  const { counts } = await run(work, temporaryDirectory('watched-'), null);
  expect(counts.size).toBeGreaterThan(0);
  const killings = killingsOf(counts);
  if (work.writes !== undefined) killings.push({ call: 'write', nth: 1 });
  let killed = 0;
  await twoAtATime(killings, async (killing) => {
    const directory = temporaryDirectory('killed-');
    const paths = work.writes === undefined || killing.call !== 'write' ? [] : [work.writes(directory)];
    const { done, lastAcked } = await run(work, directory, { ...killing, paths });
    if (!done) killed += 1;
    const at = `killed at ${killing.call} ${killing.nth}`;
    try {
      await expectRecovered(directoryOf(work, directory), {
        atLeast: lastAcked,
        archived: work.archives ?? false,
        options: OPTIONS,
      });
      await work.check?.(directory, done);
    } catch (error) {
      throw new Error(`${at}, ${directory}: ${String(error)}`, { cause: error });
    }
  });
  return killed;
}

async function twoAtATime<T>(items: readonly T[], handle: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const lane = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await handle(item);
  };
  await Promise.all([lane(), lane()]);
}

/** The directory of the journal of one work. */
function directoryOf(work: Work, directory: string): string {
  const [, details] = [...work.before(directory), ...work.steps(directory)].find(
    ([command]) => command === 'open',
  ) as Step;
  return (details as { options: { directory: string } }).options.directory;
}

describeWith({ root: true, tools: ['strace'] }, 'a process killed at every system call', () => {
  it.each(WORKS)(
    'of %s',
    async (_name, work) => {
      expect(await killAtEach(work)).toBeGreaterThanOrEqual(3);
    },
    TIMEOUT_MS,
  );

  it(
    'during two recoveries in a row: the third cuts the same torn entry, keeps its bytes and loses nothing',
    async () => {
      const torn = join(temporaryDirectory('torn-'), 'journal');
      const lastAcked = await writeTorn(torn);
      const recovery: Work = { before: () => [], steps: (at) => [opening(at)] };
      const copy = (): string => {
        const directory = temporaryDirectory('torn-copy-');
        cpSync(torn, directory, { recursive: true });
        return directory;
      };
      const { counts } = await run(recovery, copy(), null);
      expect(counts.get('pwrite64')).toBeGreaterThanOrEqual(3); // quarantine, zeros, checkpoint
      await twoAtATime(killingsOf(counts), async (killing) => {
        const directory = copy();
        await run(recovery, directory, killing);
        await run(recovery, directory, killing);
        await expectRecovered(directory, { atLeast: lastAcked, atMost: lastAcked, options: OPTIONS });
        const kept = readdirSync(directory).filter((name) => name.startsWith('quarantine-'));
        expect(kept.length).toBeGreaterThanOrEqual(1);
        expect(kept.some((name) => readFileSync(join(directory, name)).includes('torn'))).toBe(true);
      });
    },
    TIMEOUT_MS,
  );
});

/** Creates a journal of two segments with a torn last write. @returns the last intact sequence */
async function writeTorn(directory: string): Promise<number> {
  const child = await DrivenChild.start();
  await child.run(...(opening(directory) as [string, object]));
  await child.run(...(appending(0, 3) as [string, object]));
  const last = child.lastAcked(NAME);
  await child.kill();
  const newest = readdirSync(directory)
    .filter((name) => name.startsWith('segment-'))
    .sort()
    .at(-1) as string;
  const path = join(directory, newest);
  const bytes = readFileSync(path);
  const end = 4 + bytes.readUInt32LE(0);
  bytes.writeUInt32LE(100, end);
  bytes.write('torn', end + 40);
  writeFileSync(path, bytes);
  return last;
}
