/**
 * The hardest case for recovery: entries are exactly as long as a sector. So after a tear, whole old entries
 * lie exactly where new ones will end. Cut entries must not reappear, whichever pages of the next appends
 * reach the disk.
 */
import { FileJournal, type FileSystem, type WriterName } from '../../../src/file-journal/index.js';
import { JournalHistory, uniqueEvent } from './journal-history.js';
import { Random } from '../../support/random.js';
import { JOURNAL_DIRECTORY, SimulatedDisk } from './simulated-disk.js';
import { SECTOR_BYTES } from './simulated-file.js';

/** From here on, all sequences have three digits. */
const FIRST_SEQUENCE = 100n;
/** Size of an entry with an empty text. */
const FIXED_BYTES = 24 + uniquePayloadBytes();
const TEXT_BYTES = SECTOR_BYTES - FIXED_BYTES;
const PAGE_ENTRIES = 8;
const LIMIT = 65_536;

export interface GhostOptions {
  readonly writer: WriterName;
  readonly between?: (files: FileSystem) => FileSystem;
}

/**
 * Tears a group, recovers, appends as many entries as were lost, and cuts again.
 * @throws BrokenPromise if an old entry reappears
 */
export async function meetGhost(seed: number, { writer, between }: GhostOptions): Promise<void> {
  const random = new Random(seed);
  const history = new JournalHistory(FIRST_SEQUENCE);
  const open = (disk: SimulatedDisk): Promise<FileJournal> =>
    FileJournal.open({
      directory: JOURNAL_DIRECTORY,
      segmentSizeBytes: LIMIT,
      maxUnsyncedBytes: LIMIT,
      writer,
      mapper: 'koffi',
      fileSystem: () => between?.(disk.files) ?? disk.files,
    });
  const append = async (journal: FileJournal, count: number): Promise<void> => {
    const first = history.next;
    const events = Array.from({ length: count }, (_, index) =>
      uniqueEvent(first + BigInt(index), random, TEXT_BYTES),
    );
    for (const event of events) history.noteSubmitted(event);
    await journal.appendBatch(events);
    history.noteDurable(history.next - 1n);
  };

  let disk = new SimulatedDisk(random);
  const before = await open(disk);
  await append(before, PAGE_ENTRIES);
  disk.cutAfter(random.integer(2, 4));
  await append(before, 4 * PAGE_ENTRIES).catch(() => undefined);
  await before.close().catch(() => undefined);

  for (let tear = random.integer(1, 3); tear > 0; tear -= 1) {
    disk = disk.afterPowerCut(random.pick(['pages', 'sectors']), 'ordered', random);
    const recovered = await open(disk);
    history.assertRecovered(recovered, false, LIMIT);
    disk.cutAfter(random.integer(0, 5));
    await append(recovered, random.pick([1, 2, PAGE_ENTRIES, 2 * PAGE_ENTRIES])).catch(() => undefined);
    await recovered.close().catch(() => undefined);
  }
  const last = await open(disk.afterPowerCut('pages', 'ordered', random));
  history.assertRecovered(last, false, LIMIT);
  await last.close();
}

function uniquePayloadBytes(): number {
  const { sequenceNum, timestampNs } = uniqueEvent(FIRST_SEQUENCE, new Random(1), 0);
  return `{"sequence_num":${sequenceNum},"timestamp_ns":${timestampNs},"command":{"Note":""},"result":null}`
    .length;
}
