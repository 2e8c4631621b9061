/** Checks the result of a fault: a prefix with every acknowledged entry, in a journal that continues. */
import { expect } from '@jest/globals';
import { FileJournal, type FileJournalOptions } from '../../../../src/file-journal/index.js';
import { event } from '../../../support/events.js';

export interface Recovered {
  readonly first: number | null;
  readonly last: number | null;
  readonly outcome: string;
}

interface Expected {
  /** Sequence of the last entry that must exist; -1 for none. */
  readonly atLeast: number;
  /** Sequence of the last entry that may exist. @default no limit */
  readonly atMost?: number;
  /** Whether the oldest entries may be archived; if not, entry 0 must exist. @default false */
  readonly archived?: boolean;
  readonly options?: Partial<FileJournalOptions>;
}

/**
 * Opens the journal and checks all its entries. It reads blocks, not mappings, so that the caller can unmount
 * the disk at once.
 * @throws if an acknowledged entry is missing, an entry is wrong, or the journal does not continue
 */
export async function expectRecovered(
  directory: string,
  { atLeast, atMost = Infinity, archived = false, options = {} }: Expected,
): Promise<Recovered> {
  const opening: FileJournalOptions = { directory, segmentSizeBytes: 4096, reader: 'positioned', ...options };
  let found: Recovered;
  {
    await using journal = await FileJournal.open(opening);
    found = entriesOf(journal);
    expect(found.last ?? -1).toBeGreaterThanOrEqual(atLeast);
    expect(found.last ?? -1).toBeLessThanOrEqual(atMost);
    if (!archived) expect(found.first ?? 0).toBe(0);
    expect(await journal.verifyIntegrity()).toMatchObject({ ok: true, errors: [] });
    await journal.append(event((found.last ?? -1) + 1, 50));
  }
  await using again = await FileJournal.open(opening);
  expect(again.recovery.outcome).toBe('clean');
  expect(entriesOf(again).last).toBe((found.last ?? -1) + 1);
  return found;
}

function entriesOf(journal: FileJournal): Recovered {
  let first: number | null = null;
  let last: number | null = null;
  for (const { sequenceNum, event: stored } of journal.readFrom(0n)) {
    const number = Number(sequenceNum);
    if (last !== null && number !== last + 1) throw new Error(`entry ${number} follows ${last}`);
    const command = stored.command as { Note?: { number?: number } };
    if (command.Note?.number !== number) throw new Error(`entry ${number} holds ${JSON.stringify(command)}`);
    first ??= number;
    last = number;
  }
  return { first, last, outcome: journal.recovery.outcome };
}
