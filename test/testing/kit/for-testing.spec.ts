import { describe, expect, it } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { AggregateRepository, JournaledAggregateRoot, On } from '../../../src/aggregates/index.js';
import { JournalEvent } from '../../../src/events/index.js';
import { SequencerEvent, type Journal } from '../../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  getJournalToken,
  getSequencerToken,
} from '../../../src/nest/index.js';
import { OnJournaled, Projection, ProjectionsService } from '../../../src/projections/index.js';
import { Sequencer } from '../../../src/sequencer/index.js';
import { InMemoryDisk, JournalFaults, TestClock } from '../../../src/testing/index.js';
import { boot } from '../../nest/apps.js';

class Counter {
  total = 0;
  execute({ Add }: { Add: number }): number {
    return (this.total += Add);
  }
}

@JournalEvent('Deposited')
class Deposited {
  readonly cents!: number;
}

class Account extends JournaledAggregateRoot {
  balance = 0;
  deposit(cents: number): void {
    this.apply(Object.assign(new Deposited(), { cents }));
  }
  @On(Deposited)
  protected deposited({ cents }: Deposited): void {
    this.balance += cents;
  }
}

@Projection('adds')
class Adds {
  static handled: number[] = [];
  @OnJournaled('Add')
  add(amount: number): void {
    Adds.handled.push(amount);
  }
}

const features = FileJournalModule.forFeature({ aggregates: [Counter, Account], events: [Deposited] });
const start = (journal: DynamicModule): Promise<TestingModule> =>
  boot({ imports: [journal, features], providers: [Adds] });
const sequencerOf = (app: TestingModule, name?: string) =>
  app.get<Sequencer>(getSequencerToken(name), { strict: false });
const add = (app: TestingModule, amount: number) => sequencerOf(app).submit({ Add: amount });
const total = (app: TestingModule) =>
  sequencerOf(app).query((counter) => (counter as unknown as Counter).total);

describe('FileJournalModule.forTesting', () => {
  it('is the whole module over a journal in memory of its own', async () => {
    const [first, second] = [
      await start(FileJournalModule.forTesting()),
      await start(FileJournalModule.forTesting()),
    ];
    expect(await add(first, 2)).toMatchObject({ sequenceNum: 0n, result: 2 });
    expect(await total(second)).toBe(0);
    expect(first.get<Journal>(getJournalToken()).lastSequence).toBe(0n);
  });

  it('replays initial events', async () => {
    const initialEntries = [
      new SequencerEvent({ sequenceNum: 5n, timestampNs: 1n, command: { Add: 3 }, result: 3 }),
    ];
    const app = await start(FileJournalModule.forTesting({ initialEntries, firstSequence: 5n }));
    expect(await add(app, 1)).toMatchObject({ sequenceNum: 6n, result: 4 });
  });

  it('restarts with the same entries and checkpoints', async () => {
    const disk = new InMemoryDisk();
    Adds.handled = [];
    const first = await start(FileJournalModule.forTesting({ disk }));
    await add(first, 2);
    const accounts = first.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account), {
      strict: false,
    });
    await accounts.update('ada', (ada) => ada.deposit(7), { createIfAbsent: true });
    await first.get(ProjectionsService).waitFor('adds');
    await expect(start(FileJournalModule.forTesting({ disk }))).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
    });
    await first.close();
    expect(disk.entries().map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n]);
    const second = await start(FileJournalModule.forTesting({ disk }));
    expect(await total(second)).toBe(2);
    const again = second.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account), {
      strict: false,
    });
    expect((await again.load('ada')).balance).toBe(7);
    await add(second, 4);
    await second.get(ProjectionsService).waitFor('adds');
    expect(Adds.handled).toEqual([2, 4]);
  });

  it.each(['sync', 'async'] as const)(
    'loses in a crash what was not stored; durability %s',
    async (durability) => {
      const disk = new InMemoryDisk();
      const faults = new JournalFaults();
      const first = await start(FileJournalModule.forTesting({ disk, wrap: faults.wrap, durability }));
      await add(first, 1);
      faults.hold();
      const lost = add(first, 2).catch((error: { code?: string }) => error.code);
      disk.crash();
      faults.reset();
      expect(await lost).toBe('JOURNAL_POISONED');
      const second = await start(FileJournalModule.forTesting({ disk, durability }));
      expect(await total(second)).toBe(1);
      const { durableSequence } = second.get<Journal>(getJournalToken());
      const acknowledged = await add(second, 5);
      disk.powerCut();
      const third = await start(FileJournalModule.forTesting({ disk, durability }));
      // In async durability the last acknowledgement does not survive a crash of the process.
      expect(durableSequence).toBe(0n);
      expect(acknowledged.sequenceNum).toBe(1n);
      if (durability === 'sync') expect(await total(third)).toBe(6);
      else expect([1, 6]).toContain(await total(third));
    },
  );

  it('separates several journals', async () => {
    const disk = new InMemoryDisk();
    const app = await boot({
      imports: [
        FileJournalModule.forTesting({ disk }),
        FileJournalModule.forTesting({ disk, name: 'risk' }),
        FileJournalModule.forFeature([Counter], 'risk'),
      ],
    });
    await sequencerOf(app, 'risk').submit({ Add: 1 });
    expect([disk.entries().length, disk.entries('risk').length]).toEqual([0, 1]);
  });

  it('recovers from a full disk like the file journal', async () => {
    const faults = new JournalFaults();
    const app = await start(FileJournalModule.forTesting({ wrap: faults.wrap }));
    await add(app, 1);
    faults.diskFull();
    await expect(add(app, 2)).rejects.toMatchObject({ code: 'JOURNAL_IO', outcome: 'not-written' });
    faults.freeDisk();
    expect(await total(app)).toBe(1);
    expect(await add(app, 3)).toMatchObject({ sequenceNum: 1n, result: 4 });
  });

  it('uses the clock; health is degraded after the clock goes back', async () => {
    const clock = new TestClock({ startNs: 5_000_000_000n });
    const app = await start(FileJournalModule.forTesting({ clock: clock.now }));
    const times = [(await add(app, 1)).timestampNs];
    clock.advanceMs(2);
    clock.advance(1n);
    times.push((await add(app, 1)).timestampNs);
    clock.stepBack(2_000_000_000n);
    times.push((await add(app, 1)).timestampNs);
    expect(times).toEqual([5_000_000_000n, 5_002_000_001n, 5_002_000_001n]);
    expect(sequencerOf(app).isClockSkewed).toBe(true);
    clock.set(9_000_000_000n);
    expect((await add(app, 1)).timestampNs).toBe(9_000_000_000n);
    expect(sequencerOf(app).isClockSkewed).toBe(false);
  });
});

describe('TestClock', () => {
  it('moves on request, and refuses invalid times', () => {
    const clock = new TestClock({ startNs: 1n, tickNs: 3n });
    expect([clock.now(), clock.now()]).toEqual([1n, 4n]);
    for (const refused of [
      () => clock.advance(-1n),
      () => clock.advanceMs(0.5),
      () => clock.stepBack(99n),
      () => clock.set(-1n),
    ]) {
      expect(refused).toThrow(expect.objectContaining({ code: 'JOURNAL_INVALID_ARGUMENT' }));
    }
  });
});
