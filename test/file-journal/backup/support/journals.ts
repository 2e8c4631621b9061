import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileJournal, type FileJournalOptions } from '../../../../src/file-journal/index.js';
import { event } from '../../../support/events.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

/** Small enough that a few entries fill a segment. */
export const SMALL = { segmentSizeBytes: 4096 } as const;

export interface Place {
  readonly parent: string;
  readonly journal: string;
  readonly backup: string;
  readonly restored: string;
}

/** Paths of a journal, its backup and a restored copy; none exists yet. */
export function place(): Place {
  const parent = temporaryDirectory('backup-');
  return {
    parent,
    journal: join(parent, 'journal'),
    backup: join(parent, 'backup'),
    restored: join(parent, 'restored'),
  };
}

/** Appends entries up to `to`, exclusive, and closes the journal. */
export async function write(
  directory: string,
  to: number,
  options: Partial<FileJournalOptions> = {},
): Promise<void> {
  await using journal = await FileJournal.open({ directory, ...SMALL, ...options });
  await appendTo(journal, to);
}

export async function appendTo(journal: FileJournal, to: number): Promise<void> {
  for (let number = Number(journal.nextSequence ?? 0n); number < to; number += 1)
    await journal.append(event(number, 200));
}

/** Sequences and stored checksums of all entries, archived ones included. */
export async function entriesOf(directory: string): Promise<[bigint, number][]> {
  await using journal = await FileJournal.openReadOnly({ directory });
  return [...journal.readFrom(0n, { includeArchived: true })].map(({ sequenceNum, storedCrc }) => [
    sequenceNum,
    storedCrc,
  ]);
}

/** Every file below a directory with a digest of its content; links are not followed. */
export function filesOf(directory: string, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory())
      for (const [below, digest] of filesOf(path, `${name}/`)) found.set(below, digest);
    else if (entry.isFile()) found.set(name, createHash('sha256').update(readFileSync(path)).digest('hex'));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** As {@link write}, but with other entries. */
export async function writeOther(directory: string, to: number): Promise<void> {
  await using journal = await FileJournal.open({ directory, ...SMALL });
  for (let number = Number(journal.nextSequence ?? 0n); number < to; number += 1)
    await journal.append(event(number, 201));
}
