import { delay } from '../../common/index.js';
import type { JournalEntry } from '../../journal/index.js';
import type { CommandContext } from '../command.js';
import { createEntryWriter, type EntryWriter } from '../entries/entry-writer.js';
import type { EntryFormat, PayloadFilterOptions } from '../entries/filter-options.js';
import { openRawJournal } from '../entries/open-journal.js';
import { PayloadFilter } from '../entries/payload-filter.js';
import { TailReader } from '../entries/tail-reader.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

export interface TailOptions extends PayloadFilterOptions {
  readonly lines: number;
  readonly follow: boolean;
  readonly durable: boolean;
  readonly format: EntryFormat;
}

/** How long an entry may go unnoticed. A poll takes a fraction of a millisecond. */
const POLL_MS = 20;

export async function runTail(
  { output, signal }: CommandContext,
  directory: string,
  { lines, follow, durable, format, ...filters }: TailOptions,
): Promise<ExitCode> {
  const filter = await PayloadFilter.create(filters);
  const journal = await openRawJournal(directory);
  try {
    const writer = createEntryWriter(output, format);
    const reader = new TailReader(journal, durable, filter, (text) => output.note(text));
    await print(writer, await reader.last(lines, signal));
    while (follow && !signal.aborted) {
      const entries = reader.next();
      if (entries === null) await delay(POLL_MS);
      else await print(writer, entries);
    }
    if (filter !== null && filter.remark !== null) output.note(filter.remark);
    return EXIT.ok;
  } finally {
    await journal.close();
  }
}

async function print(writer: EntryWriter, entries: readonly JournalEntry[]): Promise<void> {
  try {
    for (const entry of entries) {
      writer.add(entry);
      if (writer.isFull) await writer.flush();
    }
  } finally {
    await writer.flush();
  }
}
