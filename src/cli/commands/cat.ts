import { InvalidArgumentError, type JournalError } from '../../journal/index.js';
import type { CommandContext } from '../command.js';
import { EntryFilter } from '../entries/entry-filter.js';
import { createEntryWriter, type EntryWriter } from '../entries/entry-writer.js';
import type {
  EntryFormat,
  HeaderFilterOptions,
  PayloadFilterOptions,
  ReadingOptions,
} from '../entries/filter-options.js';
import { PayloadFilter } from '../entries/payload-filter.js';
import { printEntries } from '../entries/print-entries.js';
import { openRawJournal } from '../entries/open-journal.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

/** Which entries `cat` and `export` print, and what they do about damage. */
export interface SelectionOptions extends HeaderFilterOptions, PayloadFilterOptions, ReadingOptions {
  readonly limit?: number;
  readonly skipDamage: boolean;
}

export interface CatOptions extends SelectionOptions {
  readonly format: EntryFormat;
}

export async function runCat(
  context: CommandContext,
  directory: string,
  options: CatOptions,
): Promise<ExitCode> {
  return printSelection(context, directory, options, createEntryWriter(context.output, options.format));
}

/** Writes the chosen entries of a journal. */
export async function printSelection(
  { output, signal }: CommandContext,
  directory: string,
  options: SelectionOptions,
  writer: EntryWriter,
): Promise<ExitCode> {
  assertRanges(options);
  const payloads = await PayloadFilter.create(options);
  const filter = new EntryFilter(options, payloads, options.limit);
  const journal = await openRawJournal(directory);
  let damages = 0;
  const onDamage = (error: JournalError): void => {
    damages += 1;
    output.note(`damage: ${error.message}`);
  };
  try {
    const entries = journal.readFrom(options.from ?? 0n, {
      includeArchived: !options.liveOnly,
      onCorrupt: options.skipDamage ? onDamage : 'throw',
    });
    await printEntries({ entries, filter, writer, signal, onDamage: options.skipDamage ? onDamage : null });
  } finally {
    await journal.close();
  }
  const remark = payloads?.remark ?? null;
  if (remark !== null) output.note(remark);
  return damages === 0 ? EXIT.ok : EXIT.found;
}

function assertRanges({ from, to, since, until }: HeaderFilterOptions): void {
  if (from !== undefined && to !== undefined && to < from) {
    throw new InvalidArgumentError('to', to, '', `--to ${to} is before --from ${from}`);
  }
  if (since !== undefined && until !== undefined && until <= since) {
    throw new InvalidArgumentError('until', until, '', '--until must be later than --since');
  }
}
