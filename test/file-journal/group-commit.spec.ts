import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { ENGINE_VARIANTS } from '../support/engines.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns, until } from '../support/until.js';

const SIZE = 1024 * 1024;
const SEGMENT = /segment-\d/;

async function opened(
  options: object = {},
): Promise<{ journal: FileJournal; disk: FaultyFileSystem; directory: string }> {
  const disk = new FaultyFileSystem();
  const directory = temporaryDirectory();
  const journal = await FileJournal.open({
    directory,
    segmentSizeBytes: SIZE,
    fileSystem: disk.wrap,
    ...options,
  });
  return { journal, disk, directory };
}

describe.each(ENGINE_VARIANTS)('group commit, $name', ({ options }) => {
  it('64 concurrent callers need far fewer syncs than appends, and the event loop keeps turning', async () => {
    const { journal, disk } = await opened(options);
    const before = disk.count('sync', SEGMENT);
    const onTheEventLoop = disk.count('syncNow', SEGMENT);
    let turnsDuringSyncs = 0;
    let next = 0;
    const appender = async (): Promise<void> => {
      while (next < 6_400) {
        const sequence = next;
        next += 1;
        await journal.append(event(sequence));
      }
    };
    let done = false;
    const turn = (): void => {
      if (done) return;
      turnsDuringSyncs += 1;
      setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(Array.from({ length: 64 }, appender));
    done = true;
    const syncs = disk.count('sync', SEGMENT) - before;
    expect(journal.durableSequence).toBe(6_399n);
    // 100 rounds of 64 need about one sync each.
    expect(syncs).toBeLessThan(400);
    expect(syncs).toBeGreaterThan(10);
    // The event loop turns while a sync runs.
    expect(disk.count('syncNow', SEGMENT)).toBe(onTheEventLoop);
    expect(turnsDuringSyncs).toBeGreaterThan(syncs);
    await journal.close();
  });

  it('appends during a slow sync join the next group, and readers see durable entries only', async () => {
    const { journal, disk } = await opened(options);
    await journal.append(event(0));
    const release = disk.hold('sync');
    const before = disk.count('sync', SEGMENT);
    const first = journal.append(event(1));
    await until(() => disk.count('sync', SEGMENT) > before);
    const later = Promise.all(events(2, 50).map((one) => journal.append(one)));
    await turns();
    expect(journal.lastSequence).toBe(0n);
    expect(journal.nextSequence).toBe(50n);
    expect([...journal.readFrom(0n)]).toHaveLength(1);
    const syncsBefore = disk.count('sync', SEGMENT);
    release();
    await first;
    await later;
    expect(disk.count('sync', SEGMENT) - syncsBefore).toBe(1);
    expect(journal.lastSequence).toBe(49n);
    await journal.close();
  });

  it('a batch is one sync', async () => {
    const { journal, disk } = await opened(options);
    await journal.append(event(0));
    const before = disk.count('sync', SEGMENT);
    await journal.appendBatch(events(1, 101));
    expect(disk.count('sync', SEGMENT) - before).toBe(1);
    expect(journal.durableSequence).toBe(100n);
    await journal.close();
  });
});

describe("syncOn: 'event-loop'", () => {
  it('syncs a single append on the event loop, and a group on the thread pool', async () => {
    const { journal, disk } = await opened({ syncOn: 'event-loop' });
    const [blocking, pooled] = [disk.count('syncNow', SEGMENT), disk.count('sync', SEGMENT)];
    for (let sequence = 0; sequence < 3; sequence += 1) {
      await journal.append(event(sequence));
      expect(journal.durableSequence).toBe(BigInt(sequence));
    }
    expect([disk.count('syncNow', SEGMENT), disk.count('sync', SEGMENT)]).toEqual([blocking + 3, pooled]);
    await Promise.all(events(3, 10).map((one) => journal.append(one)));
    expect([disk.count('syncNow', SEGMENT), disk.count('sync', SEGMENT)]).toEqual([blocking + 3, pooled + 1]);
    disk.fail('syncNow', 'EIO', { times: 1 });
    await expect(journal.append(event(10))).rejects.toMatchObject({
      code: 'JOURNAL_POISONED',
      outcome: 'unknown',
      cause: { osCode: 'EIO' },
    });
    expect(journal.state).toBe('poisoned');
    await journal.close();
  });

  it('refuses other values', async () => {
    await expect(opened({ syncOn: 'worker' })).rejects.toMatchObject({ code: 'JOURNAL_INVALID_OPTION' });
  });
});

describe('flush', () => {
  it.each(['sync', 'async'] as const)(
    '%s: resolves while other callers continue to append',
    async (durability) => {
      const { journal } = await opened({ durability, segmentSizeBytes: 16 * SIZE });
      let next = 0;
      let stop = false;
      const appender = async (): Promise<void> => {
        while (!stop) {
          const sequence = next;
          next += 1;
          await journal.append(event(sequence));
        }
      };
      const appenders = Array.from({ length: 4 }, appender);
      for (let round = 0; round < 20; round += 1) {
        // Called at any time: while a group is staged, written or synced.
        await new Promise((resolve) => setTimeout(resolve, 1));
        const accepted = BigInt(next) - 1n;
        await journal.flush();
        expect(journal.durableSequence).toBeGreaterThanOrEqual(accepted);
      }
      stop = true;
      await Promise.all(appenders);
      await journal.close();
    },
  );
});

describe('async durability', () => {
  it('timers run while appends follow each other without a pause', async () => {
    const { journal } = await opened({ durability: 'async', segmentSizeBytes: 64 * SIZE });
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    // Each append follows the previous one at once. Only a turn of the event loop lets timers run and syncs
    // end.
    for (let sequence = 0; ticks < 20 || journal.durableSequence === null; sequence += 1) {
      await journal.append(event(sequence));
    }
    clearInterval(timer);
    expect(Number(journal.durableSequence)).toBeLessThanOrEqual(Number(journal.lastSequence));
    await journal.close();
  });

  it('resolves before a sync, and syncs within the interval', async () => {
    const { journal, disk } = await opened({ durability: 'async', syncIntervalMs: 5 });
    const before = disk.count('sync', SEGMENT);
    await journal.append(event(0));
    expect(disk.count('sync', SEGMENT)).toBe(before);
    expect(journal.lastSequence).toBe(0n);
    expect(journal.durableSequence).toBeNull();
    await until(() => journal.durableSequence !== null);
    expect(journal.durableSequence).toBe(0n);
    expect(disk.count('sync', SEGMENT)).toBe(before + 1);
    await journal.close();
  });

  it('flush makes everything appended so far durable', async () => {
    const { journal } = await opened({ durability: 'async', syncIntervalMs: 60_000 });
    await Promise.all(events(0, 100).map((one) => journal.append(one)));
    expect(journal.durableSequence).toBeNull();
    await journal.flush();
    expect(journal.durableSequence).toBe(99n);
    await journal.close();
  });

  it('appends wait once maxUnsyncedBytes are written beyond the last completed sync', async () => {
    const { journal, disk } = await opened({
      durability: 'async',
      syncIntervalMs: 60_000,
      maxUnsyncedBytes: 8192,
    });
    const release = disk.hold('sync');
    let stored = 0;
    const appends = events(0, 40, 1000).map((one) => journal.append(one).then(() => (stored += 1)));
    await until(() => stored > 0);
    await turns();
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(8);
    release();
    await Promise.all(appends);
    expect(stored).toBe(40);
    await journal.close();
  });

  it('everything is durable after close', async () => {
    const { journal, directory } = await opened({ durability: 'async', syncIntervalMs: 60_000 });
    void journal.append(event(0));
    void journal.append(event(1));
    await journal.close();
    expect(journal.durableSequence).toBe(1n);
    await using again = await FileJournal.open({ directory });
    expect(again.lastSequence).toBe(1n);
  });
});
