/** Checkpoints that do not belong to the journal beside them, or are not ordinary files. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent, type JournalEntry } from '../../src/journal/index.js';
import { FileCheckpointStore, Projection, ProjectionsService } from '../../src/projections/index.js';
import { makeFifo } from '../support/fifo.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot } from '../nest/apps.js';
import { FileJournalModule } from '../../src/nest/index.js';
import { until } from '../support/until.js';
import { untilState } from './apps.js';

@Projection('seen', { retry: { maxRetries: 0 } })
class Seen {
  readonly sequences: bigint[] = [];
  handle({ sequenceNum }: JournalEntry): void {
    this.sequences.push(sequenceNum);
  }
  reset(): void {
    this.sequences.length = 0;
  }
}

/** An application without aggregates: only the projection needs the journal. */
async function start(directory: string) {
  const app = await boot({
    imports: [FileJournalModule.forRoot({ directory, segmentSizeBytes: 4096 })],
    providers: [Seen],
  });
  return { app, projections: app.get(ProjectionsService) };
}

/** A journal of 200 entries, archived up to the sequence that is returned. */
async function archivedJournal(directory: string): Promise<bigint> {
  const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
  for (let sequence = 0n; sequence < 200n; sequence += 1n) {
    await journal.append(
      new SequencerEvent({ sequenceNum: sequence, timestampNs: 1n, command: { Note: 'x' }, result: 0 }),
    );
  }
  expect(await journal.archiveSegmentsBefore(150n)).toBeGreaterThan(1);
  const first = journal.firstAvailableSequence ?? 0n;
  await journal.close();
  return first;
}

async function crcOf(directory: string, sequence: bigint): Promise<number> {
  const journal = await FileJournal.openReadOnly({ directory });
  try {
    for (const { storedCrc } of journal.readFrom(sequence, { limit: 1, includeArchived: true }))
      return storedCrc;
    throw new Error('no such entry');
  } finally {
    await journal.close();
  }
}

/** The state that the projection reaches with this checkpoint, and its error. */
async function follow(directory: string, position: bigint, entryCrc: number) {
  const store = new FileCheckpointStore({ directory: join(directory, 'projections') });
  await store.save('seen', { position, entryCrc, historyEnd: null, isResetting: false });
  const { app, projections } = await start(directory);
  await projections.waitFor('seen').catch(() => undefined);
  const { state, lastError } = projections.status('seen');
  const { sequences } = app.get(Seen);
  await app.close();
  return { state, code: lastError?.code ?? null, first: sequences[0] };
}

describe('a checkpoint at the last archived entry', () => {
  it('is refused if the archived segment holds another entry', async () => {
    const directory = temporaryDirectory();
    const first = await archivedJournal(directory);
    const crc = await crcOf(directory, first - 1n);
    expect(await follow(directory, first - 1n, crc ^ 1)).toEqual({
      state: 'failed',
      code: 'JOURNAL_PROJECTION_CHECKPOINT',
      first: undefined,
    });
    expect(await follow(directory, first - 1n, crc)).toMatchObject({ code: null, first });
  });

  it('is used if the archived segment was moved away, so that it cannot be compared', async () => {
    const directory = temporaryDirectory();
    const first = await archivedJournal(directory);
    for (const name of readdirSync(directory)) if (name.endsWith('.archived')) rmSync(join(directory, name));
    expect(await follow(directory, first - 1n, 1)).toMatchObject({ code: null, first });
  });
});

describe.each<[string, (path: string) => void]>([
  ['a FIFO', (path) => makeFifo(path)],
  ['a directory', (path) => mkdirSync(path)],
])('%s named like a checkpoint', (_, make) => {
  it('does not stop the boot: its projection fails with an error that names the path', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'projections', 'projection-seen.checkpoint');
    mkdirSync(join(directory, 'projections'));
    make(path);
    const { projections } = await start(directory);
    await untilState(projections, 'seen', 'failed');
    expect(projections.status('seen').lastError).toMatchObject({
      code: 'JOURNAL_PROJECTION_CHECKPOINT',
      message: expect.stringContaining(path),
    });
    rmSync(path, { recursive: true });
    projections.resume('seen');
    await untilState(projections, 'seen', 'running');
    await until(() => projections.status('seen').lastError === null);
  });
});
