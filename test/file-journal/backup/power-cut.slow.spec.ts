/** The power fails once a backup knows its end: the journal keeps everything that the backup holds. */
import { expect, it, jest } from '@jest/globals';
import {
  backupJournal,
  FileJournal,
  restoreJournal,
  type FileSystem,
} from '../../../src/file-journal/index.js';
import { JOURNAL_DIRECTORY, SimulatedDisk } from '../../faults/simulation/simulated-disk.js';
import { event } from '../../support/events.js';
import { Random } from '../../support/random.js';
import { SMALL } from './support/journals.js';

/** The tests compute for seconds on an idle machine, and for minutes on a busy one. */
jest.setTimeout(600_000);

const ROUNDS = 12;
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);

it.each(['sync', 'async'] as const)(
  `a backup beside a writer (%s) holds nothing that a power cut takes from the journal (seed ${SEED})`,
  async (durability) => {
    const random = new Random(SEED);
    let disk = new SimulatedDisk(random);
    let behind = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { files } = disk;
      const fileSystem = (): FileSystem => files;
      const open = (): Promise<FileJournal> =>
        FileJournal.open({
          directory: JOURNAL_DIRECTORY,
          fileSystem,
          mapper: 'koffi',
          durability,
          syncIntervalMs: 20,
          ...SMALL,
        });
      const journal = await open();
      let isOver = false;
      const writing = (async () => {
        while (!isOver) await journal.append(event(journal.nextSequence ?? 0n, 100));
      })().catch(() => undefined);
      const destination = `/disk/backup-${round}`;
      const cut: { after: SimulatedDisk | null; last: bigint } = { after: null, last: -1n };
      const atFirstCopy = (): FileSystem => ({
        ...files,
        openFile(path, mode) {
          if (path.startsWith(destination) && mode === 'create' && cut.after === null) {
            cut.last = journal.lastSequence ?? -1n;
            cut.after = disk.afterPowerCut(random.pick(['none', 'pages', 'sectors']), 'ordered', random);
          }
          return files.openFile(path, mode);
        },
      });
      const report = await backupJournal({
        directory: JOURNAL_DIRECTORY,
        destination,
        fileSystem: atFirstCopy,
      });
      expect(report.rule).toBe('checkpoint');
      isOver = true;
      await writing;
      await journal.close().catch(() => undefined);
      const last = report.lastSequence ?? -1n;
      if (cut.last > last) behind += 1;
      const restored = `/disk/restored-${round}`;
      await restoreJournal({ source: destination, directory: restored, fileSystem });
      const crcs = async (directory: string, on: SimulatedDisk): Promise<number[]> => {
        await using opened = await FileJournal.open({
          directory,
          fileSystem: () => on.files,
          mapper: 'koffi',
          ...SMALL,
        });
        return [...opened.readFrom(0n)].map(({ storedCrc }) => storedCrc);
      };
      const copied = await crcs(restored, disk);
      disk = cut.after as SimulatedDisk;
      const kept = await crcs(JOURNAL_DIRECTORY, disk);
      expect(BigInt(copied.length)).toBe(last + 1n);
      expect(kept.slice(0, copied.length)).toEqual(copied);
    }
    // Otherwise a backup of everything that is visible would pass, too.
    expect(behind).toBeGreaterThan(0);
  },
);
