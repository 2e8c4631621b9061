import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, type LoggerService } from '@nestjs/common';
import { FileJournal } from '../../src/file-journal/index.js';
import type { Journal } from '../../src/journal/index.js';
import { FileJournalModule, getJournalToken } from '../../src/nest/index.js';
import { Projection, ProjectionsService } from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot, serve } from './apps.js';

/** Log records of the journal, in order. */
class Records implements LoggerService {
  readonly events: { level: string; event: string; message: string; [fact: string]: unknown }[] = [];
  readonly #keep = (level: string) => (record: unknown) => {
    if (typeof (record as { event?: unknown })?.event !== 'string') return;
    this.events.push({ level, ...(record as { event: string; message: string }) });
  };
  log = this.#keep('log');
  warn = this.#keep('warn');
  error = this.#keep('error');
  debug = this.#keep('debug');
  fatal = this.#keep('fatal');

  of(event: string) {
    return this.events.find((record) => record.event === event);
  }
}

describe('A shutdown with a time limit', () => {
  it('drains commands, then projections, then closes, and logs each step', async () => {
    @Projection('totals')
    class Totals {
      handle(): void {}
    }
    const records = new Records();
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ directory: temporaryDirectory(), segmentSizeBytes: 65_536 }),
        FileJournalModule.forFeature([Bank]),
      ],
      providers: [Totals],
    });
    app.useLogger(records);
    await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1));
    await app.close();
    expect(records.events.map(({ event, step }) => [event, step])).toEqual([
      ['journal.drained', 'commands'],
      ['journal.drained', 'projections'],
      ['journal.closed', undefined],
    ]);
  });

  it('does not wait for a hanging projection, and loses no acknowledged entry', async () => {
    const directory = temporaryDirectory();
    let entered: () => void = () => undefined;
    const isInside = new Promise<void>((resolve) => (entered = resolve));
    @Projection('hanging')
    class Hanging {
      handle(): Promise<void> {
        entered();
        return new Promise(() => undefined);
      }
    }
    const records = new Records();
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536, shutdownTimeoutMs: 50 }),
        FileJournalModule.forFeature([Bank]),
      ],
      providers: [Hanging],
    });
    app.useLogger(records);
    const sequencer = app.get<Sequencer<Bank>>(Sequencer);
    for (let count = 0; count < 3; count += 1) await sequencer.submit(deposit('a', 1));
    await isInside;
    expect(app.get(ProjectionsService).status()).toMatchObject([{ name: 'hanging' }]);
    await app.close();
    expect(records.of('journal.shutdown.timeout')).toMatchObject({
      level: 'warn',
      journal: 'default',
      timeoutMs: 50,
      unfinished: [{ step: 'projections', left: expect.stringContaining('hanging') }],
    });
    expect(records.events.at(-1)).toMatchObject({ event: 'journal.closed' });
    // The lock is free, and all entries are stored.
    await using journal = await FileJournal.open({ directory, lockTimeoutMs: 0 });
    expect([...journal.readFrom(0n)].map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n, 2n]);
  });

  it('rejects pending commands without executing them, and waits for no append', async () => {
    let journal: FaultyJournal | undefined;
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({
          journal: async () => (journal = await openFaultyJournal()),
          maxInFlight: 1,
          shutdownTimeoutMs: 50,
        }),
        FileJournalModule.forFeature([Bank]),
      ],
    });
    const records = new Records();
    app.useLogger(records);
    if (journal === undefined) throw new Error('the journal was not opened');
    journal.held = true;
    const sequencer = app.get<Sequencer<Bank>>(Sequencer);
    const first = sequencer.submit(deposit('a', 1)).catch((error: unknown) => error);
    const second = sequencer.submit(deposit('a', 1)).catch((error: unknown) => error);
    const closed = app.close();
    expect(await second).toMatchObject({ code: 'JOURNAL_CLOSED', outcome: 'not-written' });
    journal.release();
    await closed;
    await first;
    expect(journal.state).toBe('closed');
    expect(records.of('journal.shutdown.timeout')).toMatchObject({
      message: expect.stringContaining('commands: 1 pending, 1 in flight to the disk'),
    });
  });

  it('does not wait for a write that never ends, and logs it', async () => {
    const files = new FaultyFileSystem();
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({
          directory: temporaryDirectory(),
          segmentSizeBytes: 65_536,
          shutdownTimeoutMs: 50,
          fileSystem: files.wrap,
        }),
        FileJournalModule.forFeature([Bank]),
      ],
    });
    const records = new Records();
    app.useLogger(records);
    const letGo = files.hold('sync');
    const submitted = app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1));
    await app.close();
    expect(records.events.map(({ event }) => event)).toEqual([
      'journal.shutdown.timeout',
      'journal.close.timeout',
    ]);
    letGo();
    await submitted;
    await app.get<Journal>(getJournalToken()).close();
  });

  it('closes the journal while an HTTP request hangs; its later submit is rejected', async () => {
    let arrived: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const going = new Promise<void>((resolve) => (goOn = resolve));

    @Controller()
    class SlowController {
      constructor(@Inject(Sequencer) private readonly sequencer: Sequencer<Bank>) {}

      @Get('slow')
      async slow(): Promise<unknown> {
        arrived();
        await going;
        return this.sequencer
          .submit(deposit('a', 1))
          .catch((error: { code?: string }) => ({ code: error.code }));
      }
    }
    const directory = temporaryDirectory();
    const { app, url } = await serve({
      imports: [
        FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536, shutdownTimeoutMs: 50 }),
        FileJournalModule.forFeature([Bank]),
      ],
      controllers: [SlowController],
    });
    const request = fetch(`${url}/slow`, { headers: { connection: 'close' } });
    await arrival;
    const closed = app.close();
    // The next process gets the lock although the request is still open.
    const successor = await FileJournal.open({ directory, lockTimeoutMs: 20_000 });
    await successor.close();
    goOn();
    expect(await (await request).json()).toEqual({ code: 'JOURNAL_CLOSED' });
    await closed;
  });
});
