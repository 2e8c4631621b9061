import type { EventClassRegistry } from '../events/index.js';
import { FILE_JOURNAL_OPTION_NAMES, FileJournal, type FileJournalOptions } from '../file-journal/index.js';
import { InvalidOptionError, type Journal, type PayloadCodec } from '../journal/index.js';
import { jsonCodec } from '../serialization/index.js';
import { withEventClasses } from '../events/index.js';
import type { FileJournalModuleOptions } from './file-journal-options.js';

/** The codec of the options, or plain JSON. With registered event classes it decodes instances of them. */
export function createCodec(options: FileJournalModuleOptions, events: EventClassRegistry): PayloadCodec {
  const codec = options.codec ?? jsonCodec();
  return events.isEmpty ? codec : withEventClasses(codec, events);
}

/** Opens the journal the options describe. */
export async function openJournal(options: FileJournalModuleOptions, codec: PayloadCodec): Promise<Journal> {
  if (typeof options.journal !== 'function') return FileJournal.open(fileJournalOptions(options, codec));
  const journal: unknown = await options.journal({ ...options, codec });
  if (!isJournal(journal))
    throw new InvalidOptionError('journal', options.journal, 'a function that opens a Journal');
  return journal;
}

/** The options of the engine among those of the module; the engine rejects all others. */
function fileJournalOptions(options: FileJournalModuleOptions, codec: PayloadCodec): FileJournalOptions {
  const given = FILE_JOURNAL_OPTION_NAMES.map((name) => [name, options[name]]);
  return {
    archiveCompression: 'gzip',
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    directory: options.directory ?? '',
    codec,
  };
}

function isJournal(value: unknown): value is Journal {
  const { append, readFrom, close } = (value ?? {}) as Partial<Journal>;
  return typeof append === 'function' && typeof readFrom === 'function' && typeof close === 'function';
}
