/**
 * The programs of the guide on a real journal: archived by itself, restarted, moved away, and brought back
 * for a new layout.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamicModule, Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import {
  FileJournalModule,
  getJournalToken,
  getReplayServiceToken,
  getSequencerToken,
  getSnapshotManagerToken,
} from '../../src/nest/index.js';
import { type SnapshotManager } from '../../src/replay/index.js';
import { Projection, ProjectionsService } from '../../src/projections/index.js';
import { JournalAggregate, type ReplayService } from '../../src/replay/index.js';
import type { Sequencer, SequencerAggregate } from '../../src/sequencer/index.js';
import { boot, compile } from '../nest/apps.js';
import { until } from '../support/until.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { importGuide } from './import-guide.js';
import { projectRoot } from './snippets.js';

const GUIDE = 'docs/guides/snapshots-and-retention.md';
const SEGMENT_SIZE_BYTES = 16 * 1024;

type Ledger = SequencerAggregate<unknown, number, Record<string, number>> & {
  snapshot(): Record<string, number>;
};

interface Guide {
  readonly Ledger: new () => Ledger;
  readonly JournalModule: DynamicModule;
  readonly moveArchived: (directory: string, target: string, keep: number) => Promise<void>;
}

const directory = join(temporaryDirectory(), 'journal');
let guide: Guide;

beforeAll(async () => {
  process.env['JOURNAL_DIRECTORY'] = directory;
  process.env['SEGMENT_SIZE_BYTES'] = String(SEGMENT_SIZE_BYTES);
  guide = await importGuide<Guide>(GUIDE, ['src/ledger.ts', 'src/journal.module.ts', 'src/retention-job.ts']);
});

afterAll(() => {
  delete process.env['JOURNAL_DIRECTORY'];
  delete process.env['SEGMENT_SIZE_BYTES'];
});

function partsOf(app: TestingModule) {
  return {
    app,
    journal: app.get<FileJournal>(getJournalToken(), { strict: false }),
    sequencer: app.get<Sequencer>(getSequencerToken(), { strict: false }),
    snapshots: app.get<SnapshotManager>(getSnapshotManagerToken(), { strict: false }),
    replay: app.get<ReplayService>(getReplayServiceToken(), { strict: false }),
  };
}

const start = async () =>
  partsOf(await boot({ imports: [guide.JournalModule, FileJournalModule.forFeature([guide.Ledger])] }));

function moduleWith(aggregate: Type, snapshots = {}) {
  return [
    FileJournalModule.forRoot({ directory, segmentSizeBytes: SEGMENT_SIZE_BYTES, snapshots }),
    FileJournalModule.forFeature([aggregate as Type<SequencerAggregate>]),
  ];
}

async function deposit(sequencer: Sequencer, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => sequencer.submit({ account: 'a', cents: 1 })));
}

function archivedIn(path: string): string[] {
  return readdirSync(path)
    .filter((name) => name.includes('.journal.archived'))
    .sort();
}

async function countArchivedToo(path: string): Promise<number> {
  await using journal = await FileJournal.openReadOnly({ directory: path });
  return [...journal.readFrom(0n, { includeArchived: true })].length;
}

/** The commands of the guide's shell block, in the directory of the test. */
function restoreAsTheGuideSays(): void {
  const script = /^```sh\ncd data\/journal\n([^]*?)^```$/m.exec(
    readFileSync(join(projectRoot, GUIDE), 'utf8'),
  )?.[1];
  if (script === undefined) throw new Error('the guide has no such block');
  execFileSync('bash', ['-e', '-c', script], { cwd: directory, stdio: 'pipe' });
}

it('does on a real journal what the guide says, across restarts', async () => {
  // Snapshots and archiving go by themselves.
  const first = await start();
  let deposits = 0;
  while (first.journal.isComplete) {
    expect(deposits).toBeLessThan(50_000);
    await deposit(first.sequencer, 250);
    deposits += 250;
  }
  await first.app.close();
  const stored = readdirSync(join(directory, 'snapshots'));
  expect(stored.filter((name) => /^snapshot-Ledger-\d{20}\.snap$/.test(name))).toHaveLength(stored.length);
  expect(stored.length).toBeLessThanOrEqual(2);

  // The next start replays what follows the snapshot, and has the whole state.
  const second = await start();
  expect(second.replay.lastReport?.snapshots.has('Ledger')).toBe(true);
  expect(second.replay.lastReport?.replayed).toBeLessThan(deposits);
  expect(await second.sequencer.query((ledger) => (ledger as Ledger).snapshot()['a'])).toBe(deposits);
  await deposit(second.sequencer, 10);
  deposits += 10;
  const last = second.journal.lastSequence;
  expect(await second.snapshots.take()).toEqual(new Map([['Ledger', last]]));
  await second.snapshots.take(); // the second of two: with `keep: 2` only this end is still needed
  await second.snapshots.archiveCovered();
  await second.journal.compressArchived();
  const archived = archivedIn(directory);
  expect(archived.length).toBeGreaterThan(2);
  expect(archived.every((name) => name.endsWith('.gz'))).toBe(true);
  expect(await countArchivedToo(directory)).toBe(deposits);

  // The retention job runs beside the writer; readers get what is left, or hear of what is gone.
  const elsewhere = temporaryDirectory();
  await guide.moveArchived(directory, elsewhere, 1);
  expect(archivedIn(elsewhere)).toEqual(archived.slice(0, -1));
  expect(archivedIn(directory)).toEqual(archived.slice(-1));
  const firstLeft = BigInt((archived.at(-1) ?? '').slice(8, 28));
  const [entry] = second.journal.readFrom(0n, { includeArchived: true, limit: 1 });
  expect(entry?.sequenceNum).toBe(firstLeft);
  expect(await countArchivedToo(directory)).toBe(deposits - Number(firstLeft));
  expect(await countArchivedToo(elsewhere)).toBe(Number(firstLeft));
  await second.app.close();

  // What was moved is not missed by a restart …
  const third = await start();
  expect(await third.sequencer.query((ledger) => (ledger as Ledger).snapshot()['a'])).toBe(deposits);
  await third.app.close();

  // … until the layout of the state changes.
  class NewLayout extends guide.Ledger {}
  JournalAggregate('Ledger', { snapshotVersion: 2 })(NewLayout);
  await expect(compile({ imports: moduleWith(NewLayout) }).then((app) => app.init())).rejects.toMatchObject({
    code: 'JOURNAL_REPLAY_GAP',
    expectedSequence: 0n,
  });
  for (const name of archivedIn(elsewhere)) renameSync(join(elsewhere, name), join(directory, name));
  restoreAsTheGuideSays();
  expect(archivedIn(directory)).toEqual([]);
  {
    await using viewer = await FileJournal.openReadOnly({ directory });
    expect(viewer.isComplete).toBe(true);
    expect(await viewer.verifyIntegrity()).toMatchObject({ ok: true, entries: BigInt(deposits) });
  }
  const restored = partsOf(await boot({ imports: moduleWith(NewLayout) }));
  expect(restored.replay.lastReport).toMatchObject({ replayed: deposits, snapshots: new Map() });
  expect(await restored.sequencer.query((ledger) => (ledger as Ledger).snapshot()['a'])).toBe(deposits);
  await restored.snapshots.take('Ledger');
  expect(await restored.snapshots.archiveCovered()).toBeGreaterThan(0);
}, 600_000);

it('an aggregate that only says how many are kept has no conditions', async () => {
  class KeepOnly extends guide.Ledger {}
  JournalAggregate('KeepOnly', { snapshots: { keep: 3 } })(KeepOnly);
  const separate = temporaryDirectory();
  mkdirSync(join(separate, 'snapshots'));
  const { app, sequencer } = partsOf(
    await boot({
      imports: [
        FileJournalModule.forRoot({ directory: separate, snapshots: { everyEvents: 1 } }),
        FileJournalModule.forFeature([KeepOnly]),
      ],
    }),
  );
  await deposit(sequencer, 5);
  await app.close();
  expect(readdirSync(join(separate, 'snapshots'))).toEqual([]);
});

it('a projection whose next entry was archived without asking says so, a new one too', async () => {
  @Projection('behind', { checkpointIntervalMs: 0 })
  class Behind {
    handle(): void {}
  }
  @Projection('new')
  class New {
    handle(): void {}
  }
  const separate = temporaryDirectory();
  const bootWith = async (providers: Type[]) => {
    const imports = [
      FileJournalModule.forRoot({ directory: separate, segmentSizeBytes: 4096 }),
      FileJournalModule.forFeature([guide.Ledger]),
    ];
    return partsOf(await boot({ imports, providers }));
  };
  const first = await bootWith([Behind]);
  await deposit(first.sequencer, 10);
  await first.app.get(ProjectionsService).waitFor('behind');
  await first.app.close();
  const second = await bootWith([]);
  await deposit(second.sequencer, 200);
  await second.snapshots.take();
  const last = second.journal.lastSequence ?? 0n;
  expect(await second.journal.archiveSegmentsBefore(last)).toBeGreaterThan(0);
  await second.app.close();
  const third = await bootWith([Behind, New]);
  const projections = third.app.get(ProjectionsService);
  for (const name of ['behind', 'new']) {
    await until(() => projections.status(name).state === 'failed');
    expect(projections.status(name).lastError?.error).toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: name === 'new' ? 0n : 10n,
    });
  }
});
