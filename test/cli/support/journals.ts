import { join } from 'node:path';
import { FileJournal, type FileJournalOptions } from '../../../src/file-journal/index.js';
import { FileCheckpointStore } from '../../../src/projections/index.js';
import { FileSnapshotStore } from '../../../src/replay/index.js';
import { storedCrcAt } from '../../../src/journal-kit/index.js';
import { events } from '../../support/events.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** A few entries fill a segment. */
export const SMALL = { segmentSizeBytes: 16 * 1024, lockTimeoutMs: 0 } as const;

export interface Companions {
  /** Sequences of snapshots, by target. */
  readonly snapshots?: Readonly<Record<string, readonly number[]>>;
  /** Positions of projections. */
  readonly projections?: Readonly<Record<string, number>>;
}

/** A closed journal of `count` entries, with snapshots and checkpoints beside it. */
export async function journalWith(
  count: number,
  { snapshots = {}, projections = {} }: Companions = {},
  options: Partial<FileJournalOptions> = {},
): Promise<string> {
  const directory = temporaryDirectory('cli-');
  await using journal = await FileJournal.open({ directory, ...SMALL, ...options });
  await journal.appendBatch(events(0, count, 100));
  const crcAt = (sequence: number): number => storedCrcAt(journal, BigInt(sequence)) ?? 0;
  const store = new FileSnapshotStore({ directory: join(directory, 'snapshots'), keep: 100 });
  for (const [target, sequences] of Object.entries(snapshots)) {
    for (const sequence of sequences) {
      const payload = Buffer.from(JSON.stringify({ at: sequence }));
      await store.save(target, {
        sequence: BigInt(sequence),
        entryCrc: crcAt(sequence),
        stateVersion: 3,
        payload,
      });
    }
  }
  const checkpoints = new FileCheckpointStore({ directory: join(directory, 'projections') });
  for (const [projection, position] of Object.entries(projections)) {
    await checkpoints.save(projection, {
      position: BigInt(position),
      entryCrc: crcAt(position),
      historyEnd: null,
      isResetting: false,
    });
  }
  return directory;
}
