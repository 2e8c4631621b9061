/** Policies of single aggregates, snapshots that fail, and what holds archiving back. */
import { readdirSync } from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';
import { Logger, type Type } from '@nestjs/common';
import type { FileJournal } from '../../src/file-journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent, type JournalEntry } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getJournalToken,
  getReplayServiceToken,
  getSequencerToken,
  type AggregateDefinition,
} from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import { SnapshotScheduler } from '../../src/replay/snapshot-scheduler.js';
import { Projection, ProjectionsService } from '../../src/projections/index.js';
import {
  FileSnapshotStore,
  JournalAggregate,
  type AggregateSnapshotOptions,
  type ReplayService,
  type Snapshot,
  type SnapshotStore,
  type SnapshotOptions,
} from '../../src/replay/index.js';
import type { Sequencer } from '../../src/sequencer/index.js';
import { turns, until } from '../support/until.js';
import { sequencesIn } from '../replay/snapshots.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot } from './apps.js';

const SEGMENT_BYTES = 4096;

async function bootBank(
  directory: string,
  snapshots: SnapshotOptions,
  aggregate: Type | AggregateDefinition = Bank,
  providers: Type[] = [],
) {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: SEGMENT_BYTES, snapshots }),
      FileJournalModule.forFeature([aggregate as never]),
    ],
    providers,
  });
  const sequencer = app.get<Sequencer>(getSequencerToken());
  return {
    app,
    sequencer,
    journal: app.get<FileJournal>(getJournalToken()),
    report: app.get<ReplayService>(getReplayServiceToken()).lastReport,
    /** Submits one after the other, so that a policy counts each of them. */
    async deposit(count: number): Promise<void> {
      for (let left = count; left > 0; left -= 1) await sequencer.submit(deposit('a', 1));
    },
  };
}

const snapshotFiles = (directory: string): string[] =>
  readdirSync(directory).includes('snapshots')
    ? readdirSync(`${directory}/snapshots`).filter((name) => name.endsWith('.snap'))
    : [];

/** A bank with a policy in its decorator. */
function bankWith(snapshots: AggregateSnapshotOptions | 'manual'): Type {
  @JournalAggregate('decorated', { snapshots })
  class Decorated extends Bank {}
  return Decorated;
}

describe('a policy in @JournalAggregate()', () => {
  it('is sufficient: snapshots are taken, the right number is kept, and the next start begins there', async () => {
    const directory = temporaryDirectory();
    const Decorated = bankWith({ everyEvents: 10, keep: 1 });
    const first = await bootBank(directory, {}, Decorated);
    await first.deposit(45);
    await until(() => snapshotFiles(directory).some((name) => Number(name.match(/\d{20}/)?.[0]) >= 20));
    await first.app.close();
    expect(snapshotFiles(directory)).toEqual([expect.stringMatching(/^snapshot-decorated-/)]);
    const second = await bootBank(directory, {}, Decorated);
    expect(second.report?.snapshots.get('decorated')).toBeGreaterThanOrEqual(20n);
    expect(second.app.get<Bank>(Decorated).balanceOf('a')).toBe(45n);
  });

  it.each<[string, AggregateSnapshotOptions | 'manual']>([
    ['keep alone', { keep: 3 }],
    ["'manual'", 'manual'],
  ])('replaces the conditions of forRoot: %s sets none', async (_, own) => {
    const directory = temporaryDirectory();
    const { app, deposit } = await bootBank(directory, { everyEvents: 1, everyMs: 1 }, bankWith(own));
    await deposit(5);
    await app.close();
    expect(snapshotFiles(directory)).toEqual([]);
  });

  it('is overridden by that of forFeature', async () => {
    const directory = temporaryDirectory();
    const aggregate = { aggregate: bankWith('manual'), snapshots: { everyEvents: 2 } };
    const { app, deposit } = await bootBank(directory, {}, aggregate);
    await deposit(5);
    await until(() => snapshotFiles(directory).length > 0);
    await app.close();
    expect(snapshotFiles(directory)[0]).toMatch(/^snapshot-decorated-/);
  });
});

/** Fails a given number of times. */
class FailingStore implements SnapshotStore {
  failures = 0;
  readonly inner: FileSnapshotStore;
  constructor(directory: string) {
    this.inner = new FileSnapshotStore({ directory, keep: 1 });
  }
  failing = false;
  async save(target: string, snapshot: Snapshot): Promise<void> {
    if (this.failing) {
      this.failures += 1;
      throw new Error('the store is full');
    }
    await this.inner.save(target, snapshot);
  }
  load(target: string): AsyncIterable<Snapshot> {
    return this.inner.load(target);
  }
}

/** The warnings that are logged from now on. */
function collectWarnings(): string[] {
  const warnings: string[] = [];
  const nothing = (): void => undefined;
  Logger.overrideLogger({
    log: nothing,
    error: nothing,
    warn: (message: unknown) => warnings.push(String(message)),
  });
  return warnings;
}

describe('a snapshot that was due and fails', () => {
  it('causes a warning: appends continue, the next one is tried, and no entry without a snapshot is archived', async () => {
    const store = new FailingStore(temporaryDirectory());
    const { app, journal, deposit } = await bootBank(temporaryDirectory(), {
      everyEvents: 20,
      archive: true,
      store,
    });
    const warnings = collectWarnings();
    // Without any snapshot.
    store.failing = true;
    await deposit(100);
    await until(() => store.failures >= 2);
    expect(warnings).toContainEqual(expect.stringMatching(/snapshot of Bank .*the store is full/));
    expect(await app.get(SnapshotManager).archiveCovered()).toBe(0);
    expect(journal.isComplete).toBe(true);

    store.failing = false;
    await deposit(40);
    await until(() => !journal.isComplete);

    // With one: only the entries that it covers are archived.
    store.failing = true;
    const { failures } = store;
    await deposit(100);
    await until(() => store.failures > failures + 1);
    await app.get(SnapshotManager).archiveCovered();
    const [newest = -1n] = await sequencesIn(store.inner, 'Bank');
    expect(newest).toBeGreaterThanOrEqual(100n);
    expect(newest).toBeLessThan(140n);
    expect(journal.firstAvailableSequence).toBeLessThanOrEqual(newest + 1n);
    expect(app.get(Bank).balanceOf('a')).toBe(240n);
  });

  it('of everyMs is tried again even without newer entries', async () => {
    const directory = temporaryDirectory();
    const store = new FailingStore(directory);
    const { deposit } = await bootBank(temporaryDirectory(), { everyMs: 2, store });
    store.failing = true;
    await deposit(3);
    await until(() => store.failures >= 3);
    store.failing = false;
    await until(async () => (await sequencesIn(store.inner, 'Bank')).length > 0);
    expect(await sequencesIn(store.inner, 'Bank')).toEqual([2n]);
  });
});

@Projection('slow', { checkpointIntervalMs: 0, retry: { initialDelayMs: 1, maxDelayMs: 2, maxRetries: 1e6 } })
class Slow {
  stopsAt: bigint | null = null;
  handle({ sequenceNum }: JournalEntry): void {
    if (sequenceNum === this.stopsAt) throw new Error('not yet');
  }
}

describe('archiving behind scheduled snapshots stops at the slower of', () => {
  it('a projection, then the oldest snapshot', async () => {
    const directory = temporaryDirectory();
    const policy: SnapshotOptions = { everyEvents: 20, keep: 2, archive: true };
    const { app, journal, deposit } = await bootBank(directory, policy, Bank, [Slow]);
    const [projections, slow] = [app.get(ProjectionsService), app.get(Slow)];
    const store = new FileSnapshotStore({ directory: `${directory}/snapshots` });
    slow.stopsAt = 70n;
    await deposit(300);
    await until(async () => ((await sequencesIn(store, 'Bank'))[0] ?? 0n) >= 200n);
    await until(() => projections.status('slow').checkpointPosition === 69n);
    await app.get(SnapshotManager).archiveCovered();
    expect(journal.firstAvailableSequence).toBeGreaterThan(0n);
    expect(journal.firstAvailableSequence).toBeLessThanOrEqual(70n);

    slow.stopsAt = null;
    await until(() => projections.status('slow').checkpointPosition === 299n);
    await deposit(100);
    await until(() => (journal.firstAvailableSequence ?? 0n) > 70n);
    await app.close();
    const [, oldest] = await sequencesIn(store, 'Bank');
    expect(journal.firstAvailableSequence).toBeLessThanOrEqual((oldest ?? -1n) + 1n);
  });
});

describe('the scheduler of snapshots', () => {
  const POLICY = { everyEvents: 50 };

  async function journalWith(entries: number): Promise<InMemoryJournal> {
    const journal = await InMemoryJournal.open();
    await append(journal, entries);
    return journal;
  }

  async function append(journal: InMemoryJournal, entries: number): Promise<void> {
    for (let left = entries; left > 0; left -= 1) {
      const sequenceNum = journal.nextSequence ?? 0n;
      await journal.append(new SequencerEvent({ sequenceNum, timestampNs: 0, command: null, result: null }));
    }
  }

  it('takes the snapshots that are due at boot, and no others', async () => {
    const journal = await journalWith(100);
    const taken: string[] = [];
    const aggregates = ['a', 'b', 'c'].map((name) => ({ name, policy: POLICY }));
    const scheduler = new SnapshotScheduler(journal, aggregates, async (name) => taken.push(name));
    scheduler.start(
      new Map([
        ['a', 99n],
        ['b', 20n],
        ['c', 99n],
      ]),
    );
    await until(() => taken.length > 0);
    await scheduler.drain();
    expect(taken).toEqual(['b']);
  });

  it('counts from a snapshot that was taken before it was started', async () => {
    const journal = await journalWith(100);
    const taken: string[] = [];
    const scheduler = new SnapshotScheduler(journal, [{ name: 'a', policy: POLICY }], async (name) =>
      taken.push(name),
    );
    scheduler.noteTaken('a', 99n);
    scheduler.start(new Map([['a', 10n]]));
    await turns();
    await scheduler.drain();
    expect(taken).toEqual([]);
  });

  it('takes the next one if enough entries arrive while one is written and none arrive later', async () => {
    const journal = await journalWith(50);
    const taken: bigint[] = [];
    const scheduler: SnapshotScheduler = new SnapshotScheduler(
      journal,
      [{ name: 'a', policy: POLICY }],
      async (name) => {
        const covered = journal.lastSequence as bigint;
        if (taken.length === 0) await append(journal, 60);
        taken.push(covered);
        scheduler.noteTaken(name, covered);
      },
    );
    scheduler.start(new Map());
    await until(() => taken.length === 2);
    await scheduler.drain();
    expect(taken).toEqual([49n, 109n]);
  });

  it('takes no more snapshots if the time limit passes before it drains', async () => {
    const journal = await journalWith(1);
    let taken = 0;
    jest.useFakeTimers();
    const scheduler = new SnapshotScheduler(
      journal,
      [{ name: 'a', policy: { everyMs: 1, ...POLICY } }],
      async () => {
        taken += 1;
      },
    );
    scheduler.start(new Map());
    expect(jest.getTimerCount()).toBe(1);
    scheduler.abandon();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
    await append(journal, 60);
    await turns();
    expect(taken).toBe(0);
  });
});

it('an application whose commands use up the shutdown time leaves no snapshot timer behind', async () => {
  class Never extends Bank {
    override snapshot(): never {
      throw new Error('it cannot');
    }
  }
  const directory = temporaryDirectory();
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, shutdownTimeoutMs: 1, snapshots: { everyMs: 5 } }),
      FileJournalModule.forFeature([Never as never]),
    ],
  });
  const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const sequencer = app.get<Sequencer>(getSequencerToken());
  await sequencer.submit(deposit('a', 1));
  jest.spyOn(sequencer, 'close').mockImplementation(() => new Promise(() => undefined));
  await app.close();
  warnings.mockClear();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(warnings).not.toHaveBeenCalled();
  jest.restoreAllMocks();
});
