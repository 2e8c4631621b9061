import type { EventClassRegistry } from '../../events/index.js';
import { FILE_JOURNAL_OPTION_NAMES, FileJournal, type FileJournalOptions } from '../../file-journal/index.js';
import { InvalidOptionError, type Journal, type PayloadCodec } from '../../journal/index.js';
import { jsonCodec } from '../../serialization/index.js';
import { withEventClasses } from '../../events/index.js';
import { ENGINE_DEFAULTS, type FileJournalModuleOptions } from '../options/file-journal-options.js';
import { missingMethods } from './missing-journal-methods.js';

/**
 * Returns the codec of the options, or plain JSON. With registered event classes, the codec decodes instances
 * of them.
 */
export function createCodec(options: FileJournalModuleOptions, events: EventClassRegistry): PayloadCodec {
  const codec = options.codec ?? jsonCodec();
  return events.isEmpty ? codec : withEventClasses(codec, events);
}

/**
 * Opens the journal that the options describe.
 * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`) if the function in `journal` does not
 * return a complete Journal
 */
export async function openJournal(options: FileJournalModuleOptions, codec: PayloadCodec): Promise<Journal> {
  if (typeof options.journal !== 'function') return FileJournal.open(fileJournalOptions(options, codec));
  const journal: unknown = await options.journal({ ...options, codec });
  const missing = missingMethods(journal);
  if (missing === null) throw new InvalidOptionError('journal', journal, 'a function that returns a Journal');
  if (missing.length === 0) return journal as Journal;
  await (journal as Partial<Journal>).close?.();
  throw new InvalidOptionError(
    'journal',
    journal,
    'a function that returns a Journal',
    `option journal must be a function that returns a complete Journal; the returned object lacks ${missing.join('(), ')}()`,
  );
}

/** Selects the options of the engine from those of the module; the engine rejects all others. */
function fileJournalOptions(options: FileJournalModuleOptions, codec: PayloadCodec): FileJournalOptions {
  const given = FILE_JOURNAL_OPTION_NAMES.map((name) => [name, options[name]]);
  return {
    ...ENGINE_DEFAULTS,
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    directory: options.directory ?? '',
    codec,
  };
}
