import { describe, expect, it } from '@jest/globals';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CqrsModule, EventBus } from '@nestjs/cqrs';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import {
  FileJournalModule,
  InjectJournal,
  getJournalToken,
  type FileJournalModuleOptions,
  type JournalFactory,
} from '../../src/nest/index.js';
import { Sequencer, type AppliedAggregate } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';
import { boot, survivingJournal } from '../nest/apps.js';
import { EVENTS, OrderPlaced } from './events.js';
import { until } from '../support/until.js';

/** State that follows the journal. */
class Log implements AppliedAggregate {
  readonly events: SequencerEvent[] = [];
  apply(event: SequencerEvent): void {
    this.events.push(event);
  }
}

/** A plain service that uses only the next sequence of the journal. */
@Injectable()
class PlainService {
  constructor(private readonly bus: EventBus) {}

  publish(sequenceNum: bigint, command: unknown, result: unknown = null, timestampNs = 7n): SequencerEvent {
    const event = new SequencerEvent({ sequenceNum, timestampNs, command, result });
    this.bus.publish(event);
    return event;
  }
}

function parts(journal: JournalFactory, options: Partial<FileJournalModuleOptions> = {}) {
  return {
    imports: [
      FileJournalModule.forRoot({ journal, ...options }),
      FileJournalModule.forFeature({ aggregates: [Bank, Log], events: EVENTS }),
    ],
    providers: [PlainService],
  };
}

async function bootWith(options: Partial<FileJournalModuleOptions> = {}) {
  const factory = survivingJournal();
  const app = await boot(parts(factory, options));
  return {
    app,
    factory,
    journal: app.get<Journal>(getJournalToken()),
    sequencer: app.get<Sequencer<Bank>>(Sequencer),
    service: app.get(PlainService),
  };
}

async function bootFaulty() {
  let journal: FaultyJournal | undefined;
  const factory: JournalFactory = async ({ codec }) => (journal = await openFaultyJournal({ codec }));
  const app = await boot(parts(factory));
  if (journal === undefined) throw new Error('the journal was not opened');
  return { journal, sequencer: app.get<Sequencer<Bank>>(Sequencer), service: app.get(PlainService) };
}

const stored = (journal: Journal): unknown[] =>
  [...journal.readFrom(0)].map(({ sequenceNum, event }) => [sequenceNum, event.command]);

describe('A SequencerEvent that a plain service publishes', () => {
  it('is journaled, in publication order, and rehydrated as an instance of its class', async () => {
    const { app, factory, journal, service } = await bootWith();
    service.publish(0n, { OrderPlaced: { orderId: 'A-1', quantity: 5n } });
    service.publish(1n, { Note: 'second' });
    service.publish(2n, 'Third');
    await journal.flush();
    expect(stored(journal).map((entry) => (entry as unknown[])[0])).toEqual([0n, 1n, 2n]);
    await app.close();

    const restarted = await boot(parts(factory));
    const { events } = restarted.get(Log);
    expect(events.map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n, 2n]);
    const placed = (events[0]?.command as { OrderPlaced: unknown } | undefined)?.OrderPlaced;
    expect(placed).toBeInstanceOf(OrderPlaced);
    expect(placed).toEqual(OrderPlaced.of('A-1', 5n));
    expect(events[2]?.command).toBe('Third');
  });

  it('reaches applied aggregates live, in the form of a restart', async () => {
    const { app, journal, service } = await bootWith();
    service.publish(0n, { Note: { amount: 5n, nothing: undefined } });
    await journal.flush();
    await Promise.resolve();
    expect(app.get(Log).events.map(({ command }) => command)).toEqual([{ Note: { amount: 5 } }]);
  });

  it('reaches the aggregate that handles its command, in order with submitted commands', async () => {
    const { app, factory, journal, sequencer, service } = await bootWith();
    const first = sequencer.submit(deposit('a', 1));
    service.publish(journal.nextSequence ?? 0n, deposit('a', 10), { balance: 11 });
    const last = await sequencer.submit(deposit('a', 100));
    expect((await first).result).toEqual({ balance: 1n });
    expect(last).toMatchObject({ sequenceNum: 2n, result: { balance: 111n } });
    await app.close();
    expect((await boot(parts(factory))).get(Bank).balanceOf('a')).toBe(111n);
  });

  it('is journaled from constructors and hooks, and between onModuleDestroy and the end', async () => {
    @Injectable()
    class Early implements OnModuleInit {
      constructor(
        private readonly bus: EventBus,
        @InjectJournal() private readonly journal: Journal,
      ) {
        this.publish('constructor');
      }
      onModuleInit(): void {
        this.publish('init');
      }
      beforeApplicationShutdown(): void {
        this.publish('late');
      }
      private publish(command: string): void {
        const sequenceNum = this.journal.nextSequence ?? 0n;
        this.bus.publish(new SequencerEvent({ sequenceNum, timestampNs: 1n, command, result: null }));
      }
    }
    for (const cqrs of [CqrsModule, CqrsModule.forRoot()]) {
      const factory = survivingJournal();
      const { imports, providers } = parts(factory);
      const app = await boot({ cqrs, imports, providers: [...providers, Early] });
      await app.close();
      const restarted = await boot(parts(factory));
      expect(restarted.get(Log).events.map(({ command }) => command)).toEqual([
        'constructor',
        'init',
        'late',
      ]);
    }
  });

  it('is not journaled again when the EventBus delivers it with the same bytes', async () => {
    const { journal, sequencer, service } = await bootWith();
    const { sequenceNum, timestampNs, command, result } = await sequencer.submit(deposit('a', 1n));
    service.publish(sequenceNum, command, result, timestampNs);
    service.publish(1n, { Note: 1 });
    service.publish(1n, { Note: 1 });
    await journal.flush();
    service.publish(1n, { Note: 1 });
    expect(stored(journal)).toHaveLength(2);
    expect(journal.state).toBe('open');
    expect((await sequencer.submit(deposit('a', 1))).result).toEqual({ balance: 2n });
  });

  it('of another copy of the package is journaled', async () => {
    const { app, journal } = await bootWith();
    class Lookalike {
      readonly sequenceNum = 0n;
      readonly timestampNs = 1n;
      readonly command = 'foreign';
      readonly result = null;
    }
    Object.defineProperty(Lookalike.prototype, Symbol.for('nestjs-file-journal/SequencerEvent'), {
      value: true,
    });
    app.get(EventBus).publish(new Lookalike());
    await journal.flush();
    expect(stored(journal)).toEqual([[0n, 'foreign']]);
  });

  it('of another journal of the application is left to that journal', async () => {
    const [main, risk] = [survivingJournal(), survivingJournal()];
    class RiskBank extends Bank {}
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: main }),
        FileJournalModule.forRoot({ journal: risk, name: 'risk' }),
        FileJournalModule.forFeature([RiskBank], 'risk'),
      ],
      providers: [PlainService],
    });
    const { getSequencerToken } = await import('../../src/nest/index.js');
    await app.get<Sequencer<Bank>>(getSequencerToken('risk')).submit(deposit('a', 1));
    app.get(PlainService).publish(0n, 'main');
    await main.current?.flush();
    expect(main.current?.lastSequence).toBe(0n);
    expect(risk.current?.lastSequence).toBe(0n);
    expect(main.current?.state).toBe('open');
  });

  it('is ignored if the options say so', async () => {
    const { journal, service } = await bootWith({
      persistPublished: ({ command }) => command !== 'secret',
    });
    service.publish(0n, 'secret');
    service.publish(0n, 'public');
    await journal.flush();
    expect(stored(journal)).toEqual([[0n, 'public']]);
  });
});

describe('A published event that cannot be journaled poisons the journal', () => {
  const note = { Note: 1 };

  it.each([
    ['a taken sequence with other bytes', 0n, { Note: 2 }],
    ['a gap', 5n, note],
    ['a command that JSON cannot hold', 1n, { Note: Number.NaN }],
  ])('%s', async (_what, sequence, command) => {
    const { journal, sequencer, service } = await bootWith();
    service.publish(0n, note);
    await journal.flush();
    service.publish(sequence, command);
    await Promise.resolve();
    expect(journal.state).toBe('poisoned');
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    expect(stored(journal)).toEqual([[0n, note]]);
  });

  it('a first event without the first sequence', async () => {
    const { journal, service } = await bootWith();
    service.publish(3n, deposit('a', 1), { balance: 1 });
    await Promise.resolve();
    expect(journal.failure?.cause).toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT', expected: 0n });
    expect(journal.lastSequence).toBeNull();
  });

  it('a result other than the aggregate’s', async () => {
    const { journal, sequencer, service } = await bootWith();
    await sequencer.submit(deposit('a', 1));
    service.publish(1n, deposit('a', 1), { balance: 1_000n });
    expect(journal.state).toBe('poisoned');
    expect(journal.failure?.cause).toMatchObject({ code: 'JOURNAL_REPLAY_DIVERGENCE', sequence: 1n });
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    // The executed command is undone: it is not stored.
    expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(1n);
  });

  it.each(['sync-failed', 'no-space', 'refused-at-once'] as const)(
    'an append that fails: %s',
    async (fault) => {
      const { journal, sequencer, service } = await bootFaulty();
      const messages: unknown[] = [];
      Logger.overrideLogger({
        log() {},
        error() {},
        warn() {},
        fatal: (message: unknown) => messages.push(message),
      });
      journal.fault = fault;
      service.publish(0n, note);
      await until(() => messages.length > 0);
      Logger.overrideLogger(false);
      journal.fault = null;
      expect(journal.state).toBe('poisoned');
      expect(messages).toContainEqual(expect.stringContaining('event 0 was published but is not journaled'));
      await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    },
  );
});
