import { describe, expect, it } from '@jest/globals';
import { Module, type DynamicModule } from '@nestjs/common';
import { FileJournalModule } from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import { OnJournaled, Projection } from '../../src/projections/index.js';
import { JournalAggregate } from '../../src/replay/index.js';
import { Bank } from '../sequencer/bank.js';
import { boot, compile, survivingJournal } from './apps.js';
import { named } from '../support/event-classes.js';

const call = (make: (module: never) => unknown): unknown => make(FileJournalModule as never);
const journal = survivingJournal();
const refusal = (message: string) => ({
  code: 'JOURNAL_INVALID_OPTION',
  message: expect.stringContaining(message) as unknown,
});

class Happened {}

interface Loose {
  forRoot(options?: unknown): DynamicModule;
  forRootAsync(options?: unknown): DynamicModule;
  forTesting(options?: unknown): DynamicModule;
  forFeature(features?: unknown, journal?: unknown): DynamicModule;
}

describe('FileJournalModule refuses at once, with a code,', () => {
  it.each<[string, (module: Loose) => unknown, string]>([
    ['forRoot()', (module) => module.forRoot(), 'an object with at least a directory'],
    ['forRoot(null)', (module) => module.forRoot(null), 'an object with at least a directory'],
    ["forRoot('data')", (module) => module.forRoot('data'), 'an object with at least a directory'],
    ['forRootAsync()', (module) => module.forRootAsync(), 'useFactory, useClass or useExisting'],
    ['forRootAsync({})', (module) => module.forRootAsync({}), 'got none'],
    [
      'forRootAsync with two sources',
      (module) => module.forRootAsync({ useFactory: () => ({}), useClass: Happened }),
      'got useFactory and useClass',
    ],
    [
      'forRootAsync with a useFactory that is not a function',
      (module) => module.forRootAsync({ useFactory: {} }),
      'option useFactory must be a function',
    ],
    [
      'forRootAsync({ useFactry })',
      (module) => module.forRootAsync({ useFactry: () => ({}) }),
      'unknown option "useFactry" of forRootAsync(); did you mean "useFactory"?',
    ],
    ['forTesting(null)', (module) => module.forTesting(null), 'must be an object'],
    [
      'forTesting({ directory })',
      (module) => module.forTesting({ directory: 'data/journal' }),
      'unknown option "directory" of forTesting()',
    ],
    ['forTesting({ disk })', (module) => module.forTesting({ disk: {} }), 'an InMemoryDisk'],
    ['forTesting({ wrap })', (module) => module.forTesting({ wrap: 1 }), 'a function of a Journal'],
    ['forFeature()', (module) => module.forFeature(), 'a list of classes'],
    ['forFeature(null)', (module) => module.forFeature(null), 'a list of classes'],
    ['forFeature(Bank)', (module) => module.forFeature(Bank), 'a list of classes'],
    ['forFeature([null])', (module) => module.forFeature([null]), 'a class, or { aggregate: class }'],
    ['forFeature([undefined])', (module) => module.forFeature([undefined]), 'a class'],
    ['forFeature([[]])', (module) => module.forFeature([[]]), 'a class'],
    [
      'forFeature({ aggreagtes })',
      (module) => module.forFeature({ aggreagtes: [Bank] }),
      'unknown option "aggreagtes" of forFeature(); did you mean "aggregates"?',
    ],
    [
      'forFeature({ aggregates: Bank })',
      (module) => module.forFeature({ aggregates: Bank }),
      'a list of classes',
    ],
    ['forFeature({ events: null })', (module) => module.forFeature({ events: null }), 'a list of classes'],
    [
      'an aggregate with an unknown option',
      (module) => module.forFeature([{ aggregate: Bank, maxLives: 1 }]),
      'unknown option "maxLives" of aggregate Bank; did you mean "maxLive"?',
    ],
    [
      'an aggregate whose create is not a function',
      (module) => module.forFeature([{ aggregate: Bank, create: {} }]),
      'create of aggregate Bank must be a function',
    ],
    ['a journal name that is not a string', (module) => module.forFeature([Bank], 5), 'a non-empty string'],
    [
      'an unknown option of @JournalAggregate()',
      () => JournalAggregate('bank', { alias: ['till'] } as never),
      'unknown option "alias" of aggregate bank; did you mean "aliases"?',
    ],
    [
      'a @JournalAggregate() without a name',
      () => JournalAggregate({ aliases: ['till'] } as never),
      'name of @JournalAggregate() must be a non-empty string',
    ],
  ])('%s', (_what, make, message) => {
    expect(() => call(make as never)).toThrow(expect.objectContaining(refusal(message)) as never);
  });
});

describe('FileJournalModule refuses at boot, with a code,', () => {
  it.each<[string, object, string]>([
    ['a factory that returns nothing', { useFactory: () => undefined }, 'useFactory must return them'],
    ['a factory that returns null', { useFactory: async () => null }, 'useFactory must return them'],
    ['a class without createFileJournalOptions()', { useClass: Happened }, 'createFileJournalOptions()'],
  ])('%s', async (_what, options, message) => {
    await expect(
      compile({ imports: [FileJournalModule.forRootAsync(options as never)] }),
    ).rejects.toMatchObject(refusal(message));
  });

  it('an unknown option of a projection', async () => {
    @Projection('totals', { batchSise: 5 } as never)
    class Totals {
      @OnJournaled('Received')
      receive(): void {}
    }
    await expect(
      boot({ imports: [FileJournalModule.forRoot({ journal })], providers: [Totals] }),
    ).rejects.toMatchObject(
      refusal('unknown option "batchSise" of projection totals; did you mean "batchSize"?'),
    );
  });

  it('an unknown option of projections.retry', async () => {
    const options = { journal, projections: { retry: { maxRetrys: 1 } } } as never;
    await expect(compile({ imports: [FileJournalModule.forRoot(options)] })).rejects.toMatchObject(
      refusal('unknown option "projections.retry.maxRetrys"; did you mean "projections.retry.maxRetries"?'),
    );
  });
});

describe('forFeature without its journal', () => {
  const missing = 'import FileJournalModule.forRoot({ directory })';

  it.each<[string, DynamicModule]>([
    ['an aggregate', FileJournalModule.forFeature([Bank])],
    ['events alone', FileJournalModule.forFeature({ events: named({ Happened }) })],
  ])('says what to import: %s', async (_what, feature) => {
    await expect(compile({ imports: [feature] })).rejects.toMatchObject(refusal(missing));
  });

  it.each<[string, DynamicModule]>([
    ['an aggregate', FileJournalModule.forFeature([Bank], 'risk')],
    ['events alone', FileJournalModule.forFeature({ events: named({ Happened }) }, 'risk')],
  ])('names the missing journal, and the existing ones: %s', async (_what, feature) => {
    const imports = [FileJournalModule.forRoot({ journal }), feature];
    await expect(compile({ imports })).rejects.toMatchObject(
      refusal("import FileJournalModule.forRoot({ name: 'risk', directory }); known journals: default"),
    );
  });

  it('says that the journal is not global', async () => {
    @Module({ imports: [FileJournalModule.forRoot({ journal, isGlobal: false })] })
    class JournalModule {}
    const imports = [JournalModule, FileJournalModule.forFeature([Bank])];
    await expect(compile({ imports })).rejects.toMatchObject(refusal('isGlobal: false'));
  });

  it('fails with the error of a journal that could not be opened', async () => {
    const imports = [
      FileJournalModule.forFeature([Bank]),
      FileJournalModule.forRoot({
        journal: () => {
          throw new Error('the disk is gone');
        },
      }),
    ];
    await expect(compile({ imports })).rejects.toThrow('the disk is gone');
  });
});

describe('SnapshotManager.take()', () => {
  it('refuses an unknown name, and lists the names of the aggregates', async () => {
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature([Bank]),
      ],
    });
    await expect(app.get(SnapshotManager).take('Bnk')).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ARGUMENT',
      message: expect.stringContaining('Bank') as unknown,
    });
    expect(await app.get(SnapshotManager).take('Bank')).toEqual(new Map());
  });
});
