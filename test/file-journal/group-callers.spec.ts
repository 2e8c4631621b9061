import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import type { IoError, JournalPoisonedError } from '../../src/journal/index.js';
import { GroupCallers } from '../../src/file-journal/write/group-callers.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { Random, seedFromEnvironment } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns, until } from '../support/until.js';

const CALLERS_PER_TURN = 128;

/** A caller with a promise of its own, as plain as possible. */
class PlainCaller {
  error: unknown = undefined;
  state: 'pending' | 'resolved' | 'rejected' = 'pending';

  constructor(
    readonly start: number,
    readonly end: number,
  ) {}
}

describe('the callers of a group', () => {
  const seed = seedFromEnvironment(20_261);

  it(`settle as if each had a promise of its own, in order (seed ${seed})`, async () => {
    const random = new Random(seed);
    for (let round = 0; round < 300; round += 1) {
      const callers = new GroupCallers();
      const model: PlainCaller[] = [];
      const settled: string[] = [];
      const expected: string[] = [];
      let end = 0;
      const add = (count: number): void => {
        for (let left = count; left > 0; left -= 1) {
          const start = end;
          end += random.chance(0.9) ? 1 : random.below(40);
          const index = model.push(new PlainCaller(start, end)) - 1;
          callers.add(end).then(
            () => settled.push(`${index} resolved`),
            (error: unknown) => settled.push(`${index} rejected ${String(error)}`),
          );
        }
      };
      const settle = (caller: PlainCaller, state: 'resolved' | 'rejected', text: string): void => {
        caller.state = state;
        expected.push(`${model.indexOf(caller)} ${text}`);
      };
      const resolve = async (stored: number): Promise<void> => {
        const pending = model.filter((one) => one.state === 'pending' && one.end <= stored);
        let isDone = false;
        for (let turn = 0; !isDone; turn += 1) {
          const before = settled.length;
          isDone = callers.resolveTurn(stored);
          await turns();
          expect(settled.length - before).toBeLessThanOrEqual(CALLERS_PER_TURN);
          expect(turn).toBeLessThan(100);
        }
        for (const one of pending) settle(one, 'resolved', 'resolved');
      };
      const reject = (from: number): void => {
        for (const one of model)
          if (one.state === 'pending' && one.end > from) settle(one, 'rejected', `rejected ${one.start}`);
      };

      add(random.pick([1, 2, 127, 128, 129, 300, 500]));
      if (random.chance(0.3)) await resolve(random.below(end + 1));
      if (random.chance(0.4)) {
        const stored = model.findLast((one) => one.state === 'resolved')?.end ?? 0;
        const from = stored + random.below(end - stored + 1);
        callers.drop(from, (start) => start);
        reject(from);
        end = Math.min(end, from);
      }
      await turns();
      if (random.chance(0.5)) await resolve(random.below(end + 1));
      if (random.chance(0.5)) {
        callers.rejectRest((start) => start);
        reject(-1);
      } else {
        await resolve(end);
      }
      await turns();
      expect(settled).toEqual(expected);
      callers.reset();
      expect(callers.count).toBe(0);
    }
  });
});

describe('appends that are refused together', () => {
  it('reject with an error object each', async () => {
    const disk = new FaultyFileSystem();
    const journal = await FileJournal.open({ directory: temporaryDirectory(), fileSystem: disk.wrap });
    disk.fail('write', 'EIO', { path: /segment-0/, times: 1 });
    const outcomes = await Promise.allSettled(events(0, 200).map((one) => journal.append(one)));
    const reasons = outcomes.map((one) => (one as PromiseRejectedResult).reason as JournalPoisonedError);
    expect(reasons.every(({ code }) => code === 'JOURNAL_POISONED')).toBe(true);
    expect(new Set(reasons).size).toBe(200);
    await journal.close();
  });
});

describe('appends on both sides of a rotation', () => {
  it('are acknowledged before it if their entries are, while the others wait', async () => {
    const disk = new FaultyFileSystem();
    const journal = await FileJournal.open({
      directory: temporaryDirectory(),
      segmentSizeBytes: 64 * 1024,
      fileSystem: disk.wrap,
    });
    const acknowledged: bigint[] = [];
    const release = { now: (): void => undefined };
    const append = (one: ReturnType<typeof event>): Promise<unknown> =>
      journal.append(one).then(() => acknowledged.push(one.sequenceNum));
    // The rename is durable only once its directory is synced.
    release.now = disk.hold('syncDirectory');
    const crowd = events(0, 100, 800).map(append);
    await until(() => acknowledged.length > 0);
    await turns();
    const before = acknowledged.length;
    expect(before).toBeGreaterThan(50);
    expect(before).toBeLessThan(100);
    release.now();
    await Promise.all(crowd);
    expect(acknowledged).toEqual(Array.from({ length: 100 }, (_, index) => BigInt(index)));
    await journal.close();
  });

  it('are stored or refused each for itself where the disk has no room for the next segment', async () => {
    const disk = new FaultyFileSystem();
    const journal = await FileJournal.open({
      directory: temporaryDirectory(),
      segmentSizeBytes: 64 * 1024,
      fileSystem: disk.wrap,
    });
    disk.fail('allocate', 'ENOSPC');
    const crowd = events(0, 100, 800).map((one) => journal.append(one));
    const outcomes = await Promise.allSettled(crowd);
    const stored = Number(journal.lastSequence) + 1;
    expect(stored).toBeGreaterThan(50);
    expect(outcomes.map(({ status }) => status).lastIndexOf('fulfilled')).toBe(stored - 1);
    expect(outcomes.map(({ status }) => status).indexOf('rejected')).toBe(stored);
    const reasons = outcomes.slice(stored).map((one) => (one as PromiseRejectedResult).reason as IoError);
    expect(new Set(reasons.map(({ outcome }) => outcome))).toEqual(new Set(['not-written']));
    expect(new Set(reasons).size).toBe(100 - stored);
    await journal.close();
  });
});
