/** The names that snapshots, events and checkpoints are stored under. */
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger, type Type } from '@nestjs/common';
import { AggregateRoot } from '@nestjs/cqrs';
import { JournaledAggregateRoot } from '../../src/aggregates/index.js';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getReplayServiceToken,
  type AggregateDefinition,
  type FileJournalModuleOptions,
} from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import { Projection, ProjectionsService } from '../../src/projections/index.js';
import {
  JournalAggregate,
  type JournalAggregateOptions,
  type ReplayService,
} from '../../src/replay/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot, compile, survivingJournal } from './apps.js';

/** A class of this name, without a decorator. */
function ledgerNamed(name: string): Type<Ledger> {
  return { [name]: class extends Ledger {} }[name] as Type<Ledger>;
}

class Ledger {
  total = 0;
  apply(): void {
    this.total += 1;
  }
  snapshot(): number {
    return this.total;
  }
  restore(total: number): void {
    this.total = total;
  }
}

interface Decoration extends JournalAggregateOptions {
  readonly name?: string;
}

const decorated = (decoration: Decoration, type: Type = ledgerNamed('Undecorated')): Type => {
  const { name = type.name, ...options } = decoration;
  JournalAggregate(name, options)(type);
  return type;
};

async function start(
  features: readonly (Type | AggregateDefinition)[],
  options: FileJournalModuleOptions = {},
) {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ journal: survivingJournal(), ...options }),
      FileJournalModule.forFeature(features),
    ],
  });
  return app;
}

async function optionRefused(features: readonly (Type | AggregateDefinition)[]): Promise<string> {
  const error = await (async () => start(features))().then(
    () => null,
    (reason: { code: string; message: string }) => reason,
  );
  expect(error).toMatchObject({ code: 'JOURNAL_INVALID_OPTION' });
  return error?.message ?? '';
}

describe('An aggregate root', () => {
  class WithBoth extends JournaledAggregateRoot {
    snapshot(): void {}
    restore(): void {}
  }
  class OfNest extends AggregateRoot {
    snapshot(): void {}
    restore(): void {}
  }
  class WithRestore extends JournaledAggregateRoot {
    restore(): void {}
  }

  it.each<[string, Type]>([
    ['a JournaledAggregateRoot', WithBoth],
    ['an AggregateRoot of @nestjs/cqrs', OfNest],
  ])('with snapshot() and restore() is refused at boot: %s', async (_, type) => {
    expect(await optionRefused([type])).toContain('repositories do not support them yet');
  });

  it('with a method of one of these names, for something else, is accepted', async () => {
    await expect(start([WithRestore])).resolves.toBeDefined();
  });

  it('with a snapshotVersion but without snapshots is refused', async () => {
    const type = decorated({ snapshotVersion: 2 }, class Invoice extends JournaledAggregateRoot {});
    expect(await optionRefused([type])).toContain('snapshotVersion of aggregate Invoice');
  });
});

describe('Options that would have no effect are refused:', () => {
  it.each<[string, readonly (Type | AggregateDefinition)[], string]>([
    ['aliases that are not a list', [decorated({ aliases: 'x' as never })], 'an array of names'],
    ['a version that is not an integer', [decorated({ snapshotVersion: 1.5 })], 'an integer of 0'],
    ['idOf', [{ aggregate: ledgerNamed('Some'), idOf: () => 'x' }], 'for aggregate roots'],
    ['maxLive', [{ aggregate: ledgerNamed('Some'), maxLive: 5 }], 'for aggregate roots'],
  ])('%s', async (_, features, message) => {
    expect(await optionRefused(features)).toContain(message);
  });
});

describe('Names of aggregates', () => {
  it.each<[string, Type[]]>([
    ['two equal names', [decorated({ name: 'book' }), decorated({ name: 'book' })]],
    ['two names that differ only in case', [decorated({ name: 'book' }), decorated({ name: 'Book' })]],
    [
      'an alias that is the name of another one',
      [decorated({ name: 'a1', aliases: ['book'] }), decorated({ name: 'book' })],
    ],
    ['the name of the index of aggregates', [decorated({ name: 'Domain events' })]],
    ['an empty name', [decorated({ name: '' })]],
    ['no name, of an anonymous class', [ledgerNamed('')]],
    ['a name that is too long for a file', [decorated({ name: 'x'.repeat(201) })]],
    ['a name that no file can have', [decorated({ name: 'a\ud800' })]],
  ])('are refused: %s', async (_, features) => {
    expect(await optionRefused(features)).toMatch(/aggregate/);
  });

  it('keep snapshots apart, whatever characters they contain', async () => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory });
    await journal.append(
      new SequencerEvent({ sequenceNum: 0n, timestampNs: 1n, command: { Any: 1 }, result: null }),
    );
    await journal.close();
    const names = ['..', 'a/b', 'ä', 'a-00000000000000000001', 'CON'];
    const types = names.map((name) => decorated({ name }, ledgerNamed('Undecorated')));
    const app = await start(types, { journal: 'file', directory });
    await app.get(SnapshotManager).take();
    await app.close();
    const again = await start(types, { journal: 'file', directory });
    expect(again.get<ReplayService>(getReplayServiceToken()).lastReport).toMatchObject({
      replayed: 0,
      snapshots: new Map(names.map((name) => [name, 0n])),
    });
    for (const type of types) expect((again.get(type) as Ledger).total).toBe(1);
    await again.close();
  });
});

describe('A class name that a bundler may have made', () => {
  const environment = process.env['NODE_ENV'];
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
    jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation((line: unknown) => void warnings.push(String(line)));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env['NODE_ENV'] = environment;
  });

  it.each(['a', 'Ab', 'Ledger$1', 'Ledger_2', 'class_1'])('is refused in production: %s', async (name) => {
    process.env['NODE_ENV'] = 'production';
    const message = await optionRefused([ledgerNamed(name)]);
    expect(message).toContain("@JournalAggregate('…')");
    expect(message).toContain(`name of aggregate ${name}`);
  });

  it('causes a warning elsewhere', async () => {
    await (await start([ledgerNamed('a')])).close();
    expect(warnings.join()).toContain('name of aggregate a');
  });

  it('is accepted if it is given explicitly, if nothing is stored under it, or if it is longer', async () => {
    process.env['NODE_ENV'] = 'production';
    class B {
      apply(): void {}
    }
    await start([decorated({ name: 'a' }), B, ledgerNamed('Ledger2'), ledgerNamed('Lgr')]);
    expect(warnings).toEqual([]);
  });
});

describe('A former name', () => {
  const submitted = { journal: 'file', publish: false } as const;

  class Counted {
    count = 0;
    execute(): number {
      this.count += 1;
      return this.count;
    }
    snapshot(): number {
      return this.count;
    }
    restore(count: number): void {
      this.count = count;
    }
  }
  const executedNamed = (options: Decoration): Type<Counted> =>
    decorated(options, class extends Counted {}) as Type<Counted>;

  async function run(
    directory: string,
    type: Type<Counted>,
    count: number,
    options: FileJournalModuleOptions = {},
  ) {
    const app = await start([type], { ...submitted, directory, segmentSizeBytes: 4096, ...options });
    const { lastReport } = app.get<ReplayService>(getReplayServiceToken());
    const sequencer = app.get(Sequencer);
    for (let left = count; left > 0; left -= 1) await sequencer.submit({ Any: 1 });
    return { app, report: lastReport, snapshots: app.get(SnapshotManager), counted: app.get(type) };
  }

  it('finds the snapshots of an aggregate until one is stored under the new name', async () => {
    const directory = temporaryDirectory();
    const first = await run(directory, executedNamed({ name: 'Old' }), 100);
    await first.snapshots.take();
    expect(await first.snapshots.archiveCovered()).toBeGreaterThan(0);
    await first.app.close();
    await expect(run(directory, executedNamed({ name: 'New' }), 0)).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
    });

    const New = executedNamed({ name: 'New', aliases: ['Older', 'Old'] });
    const second = await run(directory, New, 100);
    expect(second.report).toMatchObject({ replayed: 0 });
    expect(second.counted.count).toBe(200);
    await second.snapshots.take();
    // The snapshot under the former name no longer holds archiving back.
    expect(await second.snapshots.archiveCovered()).toBeGreaterThan(0);
    await second.app.close();
    const third = await run(directory, New, 0);
    expect(third.report).toMatchObject({ replayed: 0 });
    expect(third.counted.count).toBe(200);
    await third.app.close();
  });

  it('does not come from the name of a file: the file contains the name of its aggregate', async () => {
    const directory = temporaryDirectory();
    const first = await run(directory, executedNamed({ name: 'Old' }), 3);
    await first.snapshots.take();
    await first.app.close();
    const folder = join(directory, 'snapshots');
    for (const name of readdirSync(folder))
      renameSync(join(folder, name), join(folder, name.replace('Old', 'New')));
    const second = await run(directory, executedNamed({ name: 'New' }), 0);
    expect(second.report).toMatchObject({ replayed: 3 });
    await second.app.close();
  });
});

describe('Projections', () => {
  const projectionNamed = (name: string, aliases?: string[]): Type => {
    class Seen {
      readonly sequences: bigint[] = [];
      handle({ sequenceNum }: { sequenceNum: bigint }): void {
        this.sequences.push(sequenceNum);
      }
    }
    Projection(name, aliases === undefined ? {} : { aliases })(Seen);
    return Seen;
  };

  async function follow(providers: Type[], directory = temporaryDirectory()) {
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ directory }),
        FileJournalModule.forFeature([
          class Answer {
            execute(): number {
              return 0;
            }
          },
        ]),
      ],
      providers,
    });
    return { app, directory, projections: app.get(ProjectionsService), sequencer: app.get(Sequencer) };
  }

  it('continue from the checkpoint under a former name', async () => {
    const Old = projectionNamed('old');
    const first = await follow([Old]);
    for (let left = 3; left > 0; left -= 1) await first.sequencer.submit({ Any: 1 });
    await first.projections.waitFor('old');
    await first.app.close();

    const New = projectionNamed('new', ['older', 'old', 'a\ud800']);
    const second = await follow([New], first.directory);
    await second.sequencer.submit({ Any: 1 });
    await second.projections.waitFor('new');
    expect((second.app.get(New) as { sequences: bigint[] }).sequences).toEqual([3n]);
    await second.app.close();
    expect(readdirSync(join(first.directory, 'projections')).sort()).toEqual([
      'projection-new.checkpoint',
      'projection-old.checkpoint',
    ]);
  });

  it.each<[string, Type[]]>([
    ['two names that differ only in case', [projectionNamed('seen'), projectionNamed('Seen')]],
    ['an alias that is the name of another one', [projectionNamed('a'), projectionNamed('b', ['a'])]],
    ['a name that is too long for a file', [projectionNamed('x'.repeat(201))]],
    ['a name that no file can have', [projectionNamed('a\ud800')]],
    ['aliases that are not names', [projectionNamed('a', [''])]],
  ])('are refused at boot: %s', async (_, providers) => {
    await expect(follow(providers)).rejects.toMatchObject({ code: 'JOURNAL_INVALID_OPTION' });
  });

  it('of two journals may not share a directory, and neither may snapshots', async () => {
    for (const option of ['projections', 'snapshots'] as const) {
      const shared = { [option]: { directory: temporaryDirectory() } };
      const imports = ['first', 'second'].map((name) =>
        FileJournalModule.forRoot({ name, directory: temporaryDirectory(), ...shared }),
      );
      await expect(compile({ imports })).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_OPTION',
        option: `${option}.directory`,
      });
    }
  });
});
