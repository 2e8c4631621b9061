import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { ReturningCallers } from '../../src/file-journal/write/returning-callers.js';
import { listenToTelemetry } from '../../src/telemetry/index.js';
import { event } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns, until } from '../support/until.js';

const SEGMENT = /segment-\d/;

/** Syncs that take 10 ms, of which the last one ended `elapsedMs` ago. */
function controlled(): { returning: ReturningCallers; clock: { elapsedMs: number } } {
  const clock = { elapsedMs: 0 };
  return { returning: new ReturningCallers({ averageMs: 10, sinceLastMs: () => clock.elapsedMs }), clock };
}

/** For each turn, how many callers have joined. @returns the number of turns that the group waits */
function turnsWaited(returning: ReturningCallers, joined: readonly number[]): number {
  const turns = joined.findIndex((callers) => !returning.isWorthATurn(callers));
  return turns === -1 ? joined.length : turns;
}

describe('the open group', () => {
  it('waits until as many callers have joined as were pending when the last sync ended', () => {
    const { returning } = controlled();
    returning.expect(8);
    expect(turnsWaited(returning, [4, 5, 7, 8, 8])).toBe(3);
    returning.expect(8);
    expect(turnsWaited(returning, [9])).toBe(0);
  });

  it('waits for nothing after a single caller, and when nothing was stored before', () => {
    const { returning } = controlled();
    expect(turnsWaited(returning, [1])).toBe(0);
    returning.expect(1);
    expect(turnsWaited(returning, [1])).toBe(0);
  });

  it('starts after a whole turn that brings no caller', () => {
    const { returning } = controlled();
    returning.expect(8);
    expect(turnsWaited(returning, [4, 4, 4, 4])).toBe(2);
    returning.expect(8);
    expect(turnsWaited(returning, [4, 4, 5, 6, 6, 6])).toBe(4);
  });

  it('waits for a bounded number of turns, however many callers are missing', () => {
    const { returning } = controlled();
    returning.expect(1_000);
    expect(
      turnsWaited(
        returning,
        Array.from({ length: 100 }, (_, turn) => turn + 1),
      ),
    ).toBe(8);
  });

  it('starts once the disk has been idle for as long as a sync takes', () => {
    const { returning, clock } = controlled();
    returning.expect(8);
    expect(returning.isWorthATurn(1)).toBe(true);
    clock.elapsedMs = 9.9;
    expect(returning.isWorthATurn(2)).toBe(true);
    clock.elapsedMs = 10;
    expect(returning.isWorthATurn(3)).toBe(false);
  });
});

/** Lets everything run that does not wait for a turn of the event loop. */
async function ticks(): Promise<void> {
  for (let tick = 0; tick < 20; tick += 1) await new Promise<void>((resolve) => process.nextTick(resolve));
}

describe('a journal whose callers append again a turn after they were resolved', () => {
  it('stores all of them with one sync, although they began in two halves', async () => {
    const journal = await FileJournal.open({
      directory: temporaryDirectory(),
      fileSystem: (real) => ({
        ...real,
        // Usually longer than the turns in which the callers come back.
        sync: (fd, path) => delay(5).then(() => real.sync(fd, path)),
      }),
    });
    const groups: number[] = [];
    const end = listenToTelemetry({
      groupStored(stored) {
        if (stored.journal === journal) groups.push(stored.entries);
      },
    });
    let next = 0;
    let stop = false;
    const caller = async (_: unknown, index: number): Promise<void> => {
      while (!stop) {
        const sequence = next;
        next += 1;
        await journal.append(event(sequence));
        for (let turn = 0; turn <= index % 2; turn += 1) await nextTurn();
      }
    };
    const first = Array.from({ length: 4 }, caller);
    await nextTurn();
    const second = Array.from({ length: 4 }, caller);
    // Halves stay halves unless a group waits.
    await until(() => groups.slice(-3).join() === '8,8,8');
    stop = true;
    await Promise.all([...first, ...second]);
    expect(journal.durableSequence).toBe(BigInt(next - 1));
    await journal.close();
    end();
  });
});

describe('a group that waits for callers', () => {
  interface Waiting {
    readonly journal: FileJournal;
    readonly disk: FaultyFileSystem;
    /** The append of the caller whose group waits. */
    readonly other: Promise<void>;
  }

  /** One caller is resolved, and the group of another one waits for it to come back. */
  async function waiting(): Promise<Waiting> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const disk = new FaultyFileSystem();
      const journal = await FileJournal.open({ directory: temporaryDirectory(), fileSystem: disk.wrap });
      const syncs = disk.count('sync', SEGMENT);
      const release = disk.hold('sync');
      const first = journal.append(event(0));
      await until(() => disk.count('sync', SEGMENT) > syncs);
      const writes = disk.count('write', SEGMENT);
      const other = journal.append(event(1));
      await turns();
      release();
      await first;
      await ticks();
      if (disk.count('write', SEGMENT) === writes) return { journal, disk, other };
      // The machine was busy for longer than the sync took, so the group did not wait.
      await journal.close();
    }
    throw new Error('no group has waited for its callers');
  }

  it('is stored by a flush, and by the end of the journal', async () => {
    for (const end of ['flush', 'close'] as const) {
      const { journal, other } = await waiting();
      await journal[end]();
      expect(journal.durableSequence).toBe(1n);
      await other;
      await journal.close();
    }
  });

  it('is stored although the caller never comes back', async () => {
    const { journal, other } = await waiting();
    await other;
    expect(journal.durableSequence).toBe(1n);
    await journal.close();
  });

  it('is rejected when the journal is poisoned, and not written', async () => {
    const { journal, disk, other } = await waiting();
    const written = disk.count('write', SEGMENT);
    journal.poison(new Error('a test ends the journal'));
    await expect(other).rejects.toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'not-written' });
    expect(disk.count('write', SEGMENT)).toBe(written);
    await journal.close();
  });
});

describe('a single caller', () => {
  it('never waits for a turn of the event loop before its entry is written', async () => {
    const disk = new FaultyFileSystem();
    const journal = await FileJournal.open({ directory: temporaryDirectory(), fileSystem: disk.wrap });
    // A group of many, so that more callers are expected at first.
    await Promise.all(Array.from({ length: 8 }, (_, sequence) => journal.append(event(sequence))));
    await journal.append(event(8));
    for (let sequence = 9; sequence < 20; sequence += 1) {
      const before = disk.count('write', SEGMENT);
      const appended = journal.append(event(sequence));
      await ticks();
      expect(disk.count('write', SEGMENT)).toBeGreaterThan(before);
      await appended;
    }
    await journal.close();
  });
});
