/** Commands, results and entries at the edge of what a Sequencer and its aggregate accept. */
import { describe, expect, it } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { WriteAheadPublisher } from '../../src/cqrs/index.js';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import { FileJournalModule, getJournalToken } from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import { Sequencer, type SequencerAggregate } from '../../src/sequencer/index.js';
import { JournalFaults } from '../../src/testing/index.js';
import { boot, survivingJournal } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns } from '../support/until.js';

interface Add {
  Add: number;
}

class Sum implements SequencerAggregate<Add, number> {
  total = 0;
  execute({ Add }: Add): number {
    return (this.total += Add);
  }
  handles(command: unknown): boolean {
    return typeof command === 'object' && command !== null && 'Add' in command;
  }
}

async function bootSum(options: DynamicModule = FileJournalModule.forTesting(), aggregate: unknown = Sum) {
  const app = await boot({ imports: [options, FileJournalModule.forFeature([aggregate as never])] });
  const sequencer = app.get<Sequencer>(Sequencer);
  return {
    app,
    sequencer,
    journal: app.get<Journal>(getJournalToken()),
    publisher: app.get(WriteAheadPublisher),
    total: () => sequencer.query((sum) => (sum as unknown as Sum).total),
  };
}

const external = (sequenceNum: bigint, command: unknown, result: unknown = null): SequencerEvent =>
  new SequencerEvent({ sequenceNum, timestampNs: 2n ** 60n, command, result });

describe('submit', () => {
  it('refuses a command that every replay would ignore', async () => {
    const { sequencer, journal, total } = await bootSum();
    await sequencer.submit({ Add: 1 });
    await expect(sequencer.submit({ add: 5 })).rejects.toMatchObject({ code: 'JOURNAL_INVALID_ARGUMENT' });
    // Nor a domain event, if the aggregate has no handles().
    expect(journal.lastSequence).toBe(0n);
    expect(await total()).toBe(1);
  });

  it('refuses a command in the form of a domain event, if the aggregate has no handles()', async () => {
    class Anything {
      execute(): number {
        return 1;
      }
    }
    const { sequencer, journal } = await bootSum(FileJournalModule.forTesting(), Anything);
    const command = { Placed: { v: 1, aggregateId: 'a', data: {} } };
    await expect(sequencer.submit(command)).rejects.toMatchObject({ code: 'JOURNAL_INVALID_ARGUMENT' });
    expect(journal.lastSequence).toBeNull();
  });

  it.each([
    ['', (index: number) => ({ commandId: `k${index}` })],
    [' without an id', () => ({})],
  ])('takes the command as it is now, however long it waits%s', async (_title, optionsOf) => {
    const { sequencer, journal } = await bootSum(FileJournalModule.forTesting({ maxInFlight: 1 }));
    const command = { Add: 0 };
    const answers = [1, 2, 3].map((amount) => {
      command.Add = amount;
      return sequencer.submit(command, optionsOf(amount));
    });
    command.Add = 100;
    expect((await Promise.all(answers)).map(({ result }) => result)).toEqual([1, 3, 6]);
    expect([...journal.readFrom(0)].map(({ event }) => event.command)).toEqual([
      { Add: 1 },
      { Add: 2 },
      { Add: 3 },
    ]);
  });

  it('answers and publishes the command as it is stored, whether it was pending or not', async () => {
    class Command {
      Add = 1;
      at = new Date(0);
    }
    const { app, sequencer } = await bootSum(FileJournalModule.forTesting({ maxInFlight: 2 }));
    const published: unknown[] = [];
    app.get(EventBus).subscribe((event) => published.push((event as unknown as SequencerEvent).command));
    const commands = Array.from({ length: 5 }, () => new Command());
    const events = await Promise.all(
      commands.map((command, index) =>
        sequencer.submit(command, index % 2 === 0 ? {} : { commandId: `k${index}` }),
      ),
    );
    const stored = commands.map(() => ({ Add: 1, at: '1970-01-01T00:00:00.000Z' }));
    expect(events.map(({ command }) => command)).toStrictEqual(stored);
    expect(published).toStrictEqual(stored);
    expect(events.map(({ commandId }) => commandId)).toEqual([null, 'k1', null, 'k3', null]);
  });
});

describe('a result', () => {
  it('with more properties than the tag of a refusal is not a refusal', async () => {
    class Filling {
      accepted = 0;
      execute({ Add }: Add): object {
        this.accepted += Add;
        return { Accepted: this.accepted, Rejected: 0 };
      }
    }
    const journal = survivingJournal();
    const before = await bootSum(FileJournalModule.forRoot({ journal }), Filling);
    await before.sequencer.submit({ Add: 4 });
    await before.app.close();
    const after = await bootSum(FileJournalModule.forRoot({ journal }), Filling);
    expect(await after.sequencer.query((one) => (one as unknown as Filling).accepted)).toBe(4);
  });
});

describe('an entry that the aggregate ignores', () => {
  it('is not published before it is stored', async () => {
    const faults = new JournalFaults();
    const { sequencer, publisher } = await bootSum(FileJournalModule.forTesting({ wrap: faults.wrap }));
    await sequencer.submit({ Add: 1 });
    faults.hold();
    const published = publisher.publish(external(1n, { Other: 1 }));
    let last: bigint | null | undefined;
    const asked = sequencer.query((_sum, sequence) => (last = sequence)).then(() => last);
    await turns();
    let isAnswered = false;
    void asked.then(() => (isAnswered = true));
    await turns();
    expect(isAnswered).toBe(false);
    faults.release();
    await published;
    expect(await asked).toBe(1n);
  });

  it.each([
    ['past the Sequencer', false],
    ['by the publisher, in the same tick', true],
  ])('and is refused leaves its place to one that counts: %s', async (_title, byPublisher) => {
    const faults = new JournalFaults();
    const { sequencer, publisher, journal, total } = await bootSum(
      FileJournalModule.forTesting({ wrap: faults.wrap }),
    );
    await sequencer.submit({ Add: 1 });
    faults.refuseNextAppends(1);
    const takePlace = (): Promise<unknown> => {
      const event = external(1n, { Add: 10 }, 11);
      return byPublisher ? publisher.publish(event) : journal.append(event);
    };
    await publisher.publish(external(1n, { Other: 1 })).catch(() => takePlace());
    expect(await total()).toBe(11);
    expect((await sequencer.submit({ Add: 100 })).result).toBe(111);
  });

  it('that an aggregate handles with another result poisons the journal, whichever part publishes it', async () => {
    const { sequencer, publisher, journal } = await bootSum();
    await sequencer.submit({ Add: 1 });
    await expect(publisher.publish(external(1n, { Add: 10 }, 'wrong'))).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_DIVERGENCE',
    });
    expect(journal.state).toBe('poisoned');
    expect(journal.lastSequence).toBe(0n);
  });
});

describe('a journal that is closed below a command', () => {
  it('makes an aggregate unusable that holds events that were never stored', async () => {
    const faults = new JournalFaults();
    const { app, sequencer, total } = await bootSum(
      FileJournalModule.forTesting({ wrap: faults.wrap, shutdownTimeoutMs: 20 }),
    );
    await sequencer.submit({ Add: 1 });
    faults.hold();
    faults.refuseNextAppends(1);
    const submitted = sequencer.submit({ Add: 100 }).catch((error: { code: string }) => error.code);
    await app.close();
    faults.release();
    expect(typeof (await submitted)).toBe('string');
    await expect(total()).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
  });
});

describe('isClockSkewed', () => {
  it('compares with the wall clock now, not at the last command', async () => {
    let now = 10_000_000_000n;
    const { sequencer } = await bootSum(FileJournalModule.forTesting({ clock: () => now }));
    await sequencer.submit({ Add: 1 });
    now -= 5_000_000_000n;
    expect(sequencer.isClockSkewed).toBe(true);
    await sequencer.submit({ Add: 1 });
    now += 6_000_000_000n;
    expect(sequencer.isClockSkewed).toBe(false);
  });
});

describe('an aggregate that is asynchronous', () => {
  it('in restore() stops the boot, because later events would overtake it', async () => {
    class Slow {
      total = 0;
      apply({ command }: SequencerEvent): void {
        this.total += (command as Add).Add;
      }
      snapshot(): number {
        return this.total;
      }
      async restore(total: number): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, 5));
        this.total = total;
      }
    }
    const options = { journal: survivingJournal(), snapshots: { directory: temporaryDirectory() } };
    const before = await bootSum(FileJournalModule.forRoot(options), Slow);
    await before.journal.append(external(0n, { Add: 1 }));
    await before.publisher.publish(external(1n, { Add: 10 }));
    await before.app.get(SnapshotManager).take();
    await before.app.close();
    await expect(bootSum(FileJournalModule.forRoot(options), Slow)).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_FAILED',
    });
  });

  it('in apply() is refused', async () => {
    class Late {
      async apply(): Promise<void> {}
    }
    const { publisher, journal } = await bootSum(FileJournalModule.forTesting(), Late);
    await publisher.publish(external(0n, { Add: 1 })).catch(() => undefined);
    expect(journal.state).toBe('poisoned');
    expect(journal.failure?.message).toContain('asynchronous');
  });
});
