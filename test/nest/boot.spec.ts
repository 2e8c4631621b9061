import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleInit } from '@nestjs/common';
import { CqrsModule, EventBus, EventsHandler, Saga } from '@nestjs/cqrs';
import type { ICommand, IEvent, IEventHandler } from '@nestjs/cqrs';
import { EMPTY, type Observable, mergeMap } from 'rxjs';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import { FileJournalModule, InjectJournal, getJournalToken } from '../../src/nest/index.js';
import { ReplayService } from '../../src/replay/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot, compile, serve, survivingJournal } from './apps.js';

@Injectable()
class Witness implements OnModuleInit, OnApplicationBootstrap {
  readonly seen: bigint[] = [];

  constructor(@Inject(Bank) private readonly bank: Bank) {
    this.look();
  }

  onModuleInit(): void {
    this.look();
  }

  onApplicationBootstrap(): void {
    this.look();
  }

  private look(): void {
    this.seen.push(this.bank.balanceOf('a'));
  }
}

@Controller()
class BalanceController {
  constructor(@Inject(Sequencer) private readonly sequencer: Sequencer<Bank>) {}

  @Get('balance')
  async balance(): Promise<string> {
    return String(await this.sequencer.query((bank) => bank.balanceOf('a')));
  }

  @Get('deposit')
  deposit(): Promise<SequencerEvent> {
    return this.sequencer.submit(deposit('a', 1));
  }
}

@EventsHandler(SequencerEvent)
class CountingHandler implements IEventHandler<SequencerEvent> {
  handled = 0;
  handle(): void {
    this.handled += 1;
  }
}

@Injectable()
class CountingSaga {
  seen = 0;

  @Saga()
  count = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      mergeMap(() => {
        this.seen += 1;
        return EMPTY;
      }),
    );
}

async function writeBankJournal(directory: string, deposits: number): Promise<void> {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 }),
      FileJournalModule.forFeature([Bank]),
    ],
  });
  const sequencer = app.get<Sequencer<Bank>>(Sequencer);
  await Promise.all(Array.from({ length: deposits }, () => sequencer.submit(deposit('a', 1))));
  await app.close();
}

describe('FileJournalModule at boot', () => {
  it('injects a rehydrated aggregate: in a constructor, in each hook, at the first request', async () => {
    const directory = temporaryDirectory();
    await writeBankJournal(directory, 100);
    const { app, url } = await serve({
      imports: [
        FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 }),
        FileJournalModule.forFeature([Bank]),
      ],
      providers: [Witness],
      controllers: [BalanceController],
    });
    expect(app.get(Witness).seen).toEqual([100n, 100n, 100n]);
    expect(await (await fetch(`${url}/balance`)).text()).toBe('100');
  });

  it('passes no past event to handlers and sagas', async () => {
    const directory = temporaryDirectory();
    await writeBankJournal(directory, 50);
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 }),
        FileJournalModule.forFeature([Bank]),
      ],
      providers: [CountingHandler, CountingSaga],
    });
    const { handled, seen } = { ...app.get(CountingHandler), ...app.get(CountingSaga) };
    expect({ handled, seen }).toEqual({ handled: 0, seen: 0 });
    await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1));
    expect(app.get(CountingHandler).handled).toBe(1);
    expect(app.get(CountingSaga).seen).toBe(1);
  });

  it('registers features of modules that Nest creates before the journal, and without a global CqrsModule', async () => {
    const app = await boot({
      cqrs: CqrsModule,
      imports: [
        FileJournalModule.forFeature([Bank]),
        FileJournalModule.forRoot({ journal: survivingJournal() }),
      ],
      providers: [CountingHandler],
    });
    const { sequenceNum } = await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1));
    expect(sequenceNum).toBe(0n);
    expect(app.get(CountingHandler).handled).toBe(1);
  });

  it('works without CqrsModule', async () => {
    const app = await boot({
      cqrs: null,
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature([Bank]),
      ],
    });
    expect((await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1))).result).toEqual({
      balance: 1n,
    });
  });

  it('reports the progress of the replay', async () => {
    const directory = temporaryDirectory();
    await writeBankJournal(directory, 100);
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 }),
        FileJournalModule.forFeature([Bank]),
      ],
    });
    const reports: unknown[] = [];
    app.get(ReplayService).progress$.subscribe((progress) => reports.push(progress));
    expect(reports).toMatchObject([
      { phase: 'done', replayed: 100, total: 100n, sequence: 99n, targets: ['Bank'] },
    ]);
  });

  it('creates an aggregate with its dependencies', async () => {
    @Injectable()
    class LimitedBank extends Bank {
      constructor(@Inject('LIMIT') readonly limit: number) {
        super();
      }
    }
    const app = await boot({
      imports: [
        {
          module: class Limits {},
          global: true,
          providers: [{ provide: 'LIMIT', useValue: 7 }],
          exports: ['LIMIT'],
        },
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature([LimitedBank]),
      ],
    });
    expect(app.get(LimitedBank).limit).toBe(7);
  });
});

describe('FileJournalModule.forRoot', () => {
  it('injects the default journal by class and by token', async () => {
    @Injectable()
    class Holder {
      constructor(
        @InjectJournal() readonly byToken: Journal,
        readonly byClass: FileJournal,
      ) {}
    }
    const directory = temporaryDirectory();
    const app = await boot({
      imports: [FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 })],
      providers: [Holder],
    });
    const { byToken, byClass } = app.get(Holder);
    expect(byClass).toBeInstanceOf(FileJournal);
    expect(byToken).toBe(byClass);
    expect(byClass.directory).toBe(directory);
  });

  it.each(['useFactory', 'useClass', 'useExisting'] as const)('takes options from %s', async (way) => {
    @Injectable()
    class Options {
      createFileJournalOptions() {
        return { journal: survivingJournal(), firstSequence: 5 };
      }
    }
    const imports = [{ module: class Config {}, providers: [Options], exports: [Options] }];
    const options = {
      useFactory: {
        imports,
        inject: [Options],
        useFactory: (config: Options) => config.createFileJournalOptions(),
      },
      useClass: { useClass: Options },
      useExisting: { imports, useExisting: Options },
    }[way];
    const app = await boot({
      imports: [FileJournalModule.forRootAsync(options as never), FileJournalModule.forFeature([Bank])],
    });
    expect((await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1))).sequenceNum).toBe(5n);
  });

  it('keeps several named journals apart', async () => {
    class Risk extends Bank {}
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forRootAsync({
          name: 'risk',
          useFactory: () => ({ journal: survivingJournal() }),
        }),
        FileJournalModule.forFeature([Bank]),
        FileJournalModule.forFeature([Risk], 'risk'),
      ],
    });
    await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1));
    await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1));
    expect(app.get(Bank).balanceOf('a')).toBe(2n);
    expect(app.get(Risk).balanceOf('a')).toBe(0n);
    expect(app.get<Journal>(getJournalToken('risk')).lastSequence).toBeNull();
    expect(app.get<Journal>(getJournalToken()).state).toBe('open');
  });

  it('with isGlobal: false is visible only in modules that import it', async () => {
    @Injectable()
    class Reader {
      constructor(@InjectJournal() readonly journal: Journal) {}
    }
    const journal = survivingJournal();
    const root = FileJournalModule.forRoot({ journal, isGlobal: false });
    const outside = { module: class Outside {}, providers: [Reader] };
    await expect(compile({ imports: [root, outside] })).rejects.toThrow('Reader');
    const inside = { module: class Inside {}, imports: [root], providers: [Reader] };
    expect((await compile({ imports: [root, inside] })).get(Reader, { strict: false }).journal.state).toBe(
      'open',
    );
  });
});

describe('What FileJournalModule refuses', () => {
  const journal = survivingJournal();
  it.each([
    ['an unknown option', { journal, segmentSize: 1 }, 'segmentSize'],
    ['no directory', {}, 'directory'],
    ['an empty directory', { directory: '' }, 'directory'],
    ['a journal of an unknown kind', { journal: 'memory' }, 'journal'],
    ['a function that returns no journal', { journal: () => null }, 'journal'],
    ['a negative first sequence', { journal, firstSequence: -1 }, 'firstSequence'],
    ['a limit of 0', { journal, maxInFlight: 0 }, 'maxInFlight'],
    ['a fractional limit', { journal, maxQueued: 1.5 }, 'maxQueued'],
    ['an unknown policy', { journal, onDivergence: 'ignore' }, 'onDivergence'],
    ['a codec without methods', { journal, codec: {} }, 'codec'],
    ['events by name', { journal, events: { Placed: class Placed {} } }, 'events'],
    ['events that are not classes', { journal, events: ['Placed'] }, 'events[0]'],
    ['an unknown snapshot option', { journal, snapshots: { dir: 'x' } }, 'snapshots.dir'],
    ['a number of 0 snapshots', { journal, snapshots: { directory: '/tmp/x', keep: 0 } }, 'snapshots.keep'],
    ['a clock that is not a function', { journal, clock: 5 }, 'clock'],
    [
      'a segment size that is not a number',
      { directory: '/tmp/x', segmentSizeBytes: 'big' },
      'segmentSizeBytes',
    ],
  ])('%s', async (_what, options, option) => {
    await expect(compile({ imports: [FileJournalModule.forRoot(options as never)] })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option,
    });
  });

  it('an incomplete journal, which it closes again', async () => {
    let closed = 0;
    const half = { append: async () => {}, readFrom: () => [], close: async () => (closed += 1) };
    const options = { journal: () => half as never };
    await expect(compile({ imports: [FileJournalModule.forRoot(options)] })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('lacks appendBatch(), archiveSegmentsBefore(), flush()') as unknown,
    });
    expect(closed).toBe(1);
  });

  it('the same journal name twice', async () => {
    const imports = [
      FileJournalModule.forRoot({ journal: survivingJournal() }),
      FileJournalModule.forRoot({ journal: survivingJournal() }),
    ];
    await expect(compile({ imports })).rejects.toThrow(/name .*2 times.*"default"/);
  });

  it('the same directory twice', async () => {
    const directory = temporaryDirectory();
    const imports = [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 }),
      FileJournalModule.forRoot({ directory: `${directory}/.`, name: 'again' }),
    ];
    await expect(compile({ imports })).rejects.toThrow(
      /directory .*again.*default|directory .*default.*again/,
    );
  });

  it('two aggregates with execute() on one journal', async () => {
    class Second extends Bank {}
    const imports = [
      FileJournalModule.forRoot({ journal: survivingJournal() }),
      FileJournalModule.forFeature([Bank]),
      FileJournalModule.forFeature([Second]),
    ];
    await expect(compile({ imports })).rejects.toThrow(/aggregate .*Bank, Second/);
  });

  it('an aggregate of a journal that does not exist', async () => {
    const imports = [
      FileJournalModule.forRoot({ journal: survivingJournal() }),
      FileJournalModule.forFeature([Bank], 'risk'),
    ];
    await expect(compile({ imports })).rejects.toThrow('risk');
  });

  it('a class that is not an aggregate', () => {
    class Nothing {}
    expect(() => FileJournalModule.forFeature([Nothing])).toThrow(/Nothing.*execute\(\) or apply\(\)/);
  });
});

describe('The EventBus', () => {
  it('is the one of the application', async () => {
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature([Bank]),
      ],
    });
    const seen: unknown[] = [];
    app.get(EventBus).subscribe((event) => seen.push(event));
    const event = await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1));
    expect(seen).toEqual([event]);
  });
});
