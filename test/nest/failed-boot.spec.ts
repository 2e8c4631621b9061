import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Controller, Global, Inject, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { FileJournal } from '../../src/file-journal/index.js';
import { FileJournalPrometheusModule } from '../../src/telemetry/prometheus/index.js';
import {
  FileJournalModule,
  InjectJournal,
  type FileJournalModuleOptions,
  type JournalFactory,
} from '../../src/nest/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot, compile, survivingJournal } from './apps.js';
import { until } from '../support/until.js';

const SEGMENT_SIZE_BYTES = 4096;

const bankOn = (directory: string, options: Partial<FileJournalModuleOptions> = {}) => [
  FileJournalModule.forRoot({ directory, segmentSizeBytes: SEGMENT_SIZE_BYTES, ...options }),
  FileJournalModule.forFeature([Bank]),
];

/** A journal of several segments. */
async function journalWith(deposits: number): Promise<string> {
  const directory = temporaryDirectory();
  const app = await boot({ imports: bankOn(directory) });
  const sequencer = app.get<Sequencer<Bank>>(Sequencer);
  await Promise.all(Array.from({ length: deposits }, () => sequencer.submit(deposit('a', 1))));
  await app.close();
  return directory;
}

function segmentsOf(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^segment-\d{20}\.journal$/.test(name))
    .sort();
}

/** Asserts that its lock is free, without waiting for it. */
async function expectUnlocked(directory: string): Promise<void> {
  const journal = await FileJournal.open({ directory, segmentSizeBytes: SEGMENT_SIZE_BYTES });
  await journal.close();
}

describe('A damaged journal stops the boot', () => {
  it('at a corrupt entry; the error names file, offset and sequence, and the directory is released', async () => {
    const directory = await journalWith(60);
    const [first = ''] = segmentsOf(directory);
    const bytes = readFileSync(join(directory, first));
    // The payload of the third entry, after two entries of 4 + length bytes.
    const second = 4 + bytes.readUInt32LE(0);
    const third = second + 4 + bytes.readUInt32LE(second);
    bytes[third + 40] = (bytes[third + 40] ?? 0) ^ 1;
    writeFileSync(join(directory, first), bytes);
    await expect(compile({ imports: bankOn(directory) })).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT_ENTRY',
      segment: first,
      offset: third,
      sequence: 2n,
      message: expect.stringMatching(new RegExp(`${first} at offset ${third}, sequence 2`)),
    });
    await expectUnlocked(directory);
  });

  it('at a gap in the middle', async () => {
    const directory = await journalWith(60);
    const [first = '', second = ''] = segmentsOf(directory);
    rmSync(join(directory, second));
    await expect(compile({ imports: bankOn(directory) })).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: BigInt(/\d{20}/.exec(second)?.[0] ?? ''),
      segment: first,
      offset: expect.any(Number),
    });
  });

  it('if its beginning is missing and no snapshot covers it', async () => {
    const directory = await journalWith(60);
    const [first = '', second = ''] = segmentsOf(directory);
    rmSync(join(directory, first));
    const firstLeft = BigInt(/\d{20}/.exec(second)?.[0] ?? '');
    await expect(compile({ imports: bankOn(directory) })).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: 0n,
      actualSequence: firstLeft,
      segment: second,
      offset: 0,
    });
  });

  it('if a replayed command gives another result; with onDivergence: warn, it only logs a warning', async () => {
    class GenerousBank extends Bank {
      override execute(...[command, context]: Parameters<Bank['execute']>) {
        const result = super.execute(command, context);
        return context.sequenceNum === 1n ? { balance: 1_000n } : result;
      }
    }
    const directory = await journalWith(3);
    const imports = (onDivergence?: 'warn') => [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: SEGMENT_SIZE_BYTES, onDivergence }),
      FileJournalModule.forFeature([GenerousBank]),
    ];
    await expect(compile({ imports: imports() })).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_DIVERGENCE',
      sequence: 1n,
      expected: { balance: 2 },
      actual: { balance: 1_000n },
      segment: 'segment-00000000000000000000.journal',
    });
    const app = await compile({ imports: imports('warn') });
    expect(app.get(GenerousBank).balanceOf('a')).toBe(3n);
  });
});

describe('A boot that fails releases every journal', () => {
  const failure = new Error('the other database is down');

  @Injectable()
  class Broken {
    constructor(@InjectJournal() _journal: unknown) {
      throw failure;
    }
  }

  @Controller()
  class BrokenController {
    constructor() {
      throw failure;
    }
  }

  it.each([
    ['a provider that injects the journal', { providers: [Broken] }],
    ['a controller', { controllers: [BrokenController] }],
    [
      'a factory that fails later',
      {
        providers: [
          {
            provide: 'LATE',
            useFactory: async () => {
              await new Promise((resolve) => setTimeout(resolve, 60));
              throw failure;
            },
          },
        ],
      },
    ],
  ])('in %s', async (_what, parts) => {
    const directory = temporaryDirectory();
    await expect(compile({ imports: bankOn(directory), ...parts })).rejects.toBe(failure);
    await expectUnlocked(directory);
  });

  it('in a hook of a global module that runs earlier', async () => {
    class Database implements OnModuleInit {
      onModuleInit(): never {
        throw failure;
      }
    }
    @Global()
    @Module({ providers: [Database] })
    class DatabaseModule {}
    const directory = temporaryDirectory();
    await expect(boot({ imports: [DatabaseModule, ...bankOn(directory)] })).rejects.toBe(failure);
    await expectUnlocked(directory);
  });

  it('and removes its metrics from the registry, so that the next boot can register them', async () => {
    const register = new Registry();
    const parts = (directory: string) => ({
      imports: [...bankOn(directory), FileJournalPrometheusModule.forRoot({ register })],
    });
    const late = {
      provide: 'LATE',
      useFactory: async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        throw failure;
      },
    };
    await expect(compile({ ...parts(temporaryDirectory()), providers: [late] })).rejects.toBe(failure);
    await until(async () => (await register.metrics()) === '\n');
    const app = await boot(parts(temporaryDirectory()));
    await app.close();
  });

  it('in the factory of another journal', async () => {
    const [directory, other] = [temporaryDirectory(), temporaryDirectory()];
    writeFileSync(join(other, 'file'), '');
    const imports = [
      ...bankOn(directory),
      FileJournalModule.forRoot({ name: 'other', directory: join(other, 'file') }),
    ];
    await expect(compile({ imports })).rejects.toMatchObject({ code: 'JOURNAL_INVALID_DIRECTORY' });
    await expectUnlocked(directory);
  });

  it('in the options of another journal', async () => {
    const directory = temporaryDirectory();
    const imports = [
      ...bankOn(directory),
      FileJournalModule.forRootAsync({
        name: 'other',
        useFactory: async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          throw failure;
        },
      }),
    ];
    await expect(compile({ imports })).rejects.toBe(failure);
    await expectUnlocked(directory);
  });

  it('even one that opens after another one has failed', async () => {
    const directory = temporaryDirectory();
    let opened: () => void = () => undefined;
    const opening = new Promise<void>((resolve) => (opened = resolve));
    const slow: JournalFactory = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const journal = await FileJournal.open({ directory, segmentSizeBytes: SEGMENT_SIZE_BYTES });
      opened();
      return journal;
    };
    const imports = [
      FileJournalModule.forRoot({ journal: slow }),
      FileJournalModule.forRoot({ name: 'other', unknown: 1 } as never),
    ];
    await expect(compile({ imports })).rejects.toMatchObject({ option: 'unknown' });
    await opening;
    await expectUnlocked(directory);
  });

  it('in an application made by NestFactory', async () => {
    const directory = temporaryDirectory();
    const root = { module: class Root {}, imports: bankOn(directory), providers: [Broken] };
    const starting = NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    await expect(starting).rejects.toBe(failure);
    await expectUnlocked(directory);
  });

  it('and succeeds in the same process once the cause is fixed', async () => {
    const directory = await journalWith(5);
    await expect(compile({ imports: bankOn(directory), providers: [Broken] })).rejects.toBe(failure);
    const app = await boot({ imports: bankOn(directory) });
    expect(app.get(Bank).balanceOf('a')).toBe(5n);
  });

  it.each(['onModuleInit', 'onApplicationBootstrap'])('when %s of another provider fails', async (hook) => {
    @Injectable()
    class BrokenHook {
      constructor(@Inject(Bank) readonly bank: Bank) {}
    }
    Object.assign(BrokenHook.prototype, { [hook]: () => Promise.reject(failure) });
    const directory = temporaryDirectory();
    const root = { module: class Root {}, imports: bankOn(directory), providers: [BrokenHook] };
    const starting = NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    await expect(starting).rejects.toBe(failure);
    await expectUnlocked(directory);
  });
});

describe('A boot that succeeds', () => {
  it('leaves the hooks of other providers as they were', async () => {
    @Injectable()
    class Hooked implements OnModuleInit {
      calls: unknown[] = [];
      onModuleInit(): void {
        this.calls.push(this);
      }
    }
    const app = await boot({ imports: bankOn(temporaryDirectory()), providers: [Hooked] });
    const hooked = app.get(Hooked);
    expect(hooked.calls).toEqual([hooked]);
    expect(Object.keys(hooked)).toEqual(['calls']);
    expect(hooked.onModuleInit).toBe(Hooked.prototype.onModuleInit);
  });
});

describe('A decorated aggregate that is an ordinary provider', () => {
  it('is refused: it would be injected before it is rehydrated', async () => {
    const { JournalAggregate } = await import('../../src/replay/index.js');
    @JournalAggregate('Ledger')
    class Ledger extends Bank {}
    const imports = [FileJournalModule.forRoot({ journal: survivingJournal() })];
    await expect(compile({ imports, providers: [Ledger] })).rejects.toThrow(/Ledger.*forFeature/);
  });
});
