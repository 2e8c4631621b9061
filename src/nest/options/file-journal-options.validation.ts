import { isPath, rejectUnknownOptions, resolveOptionTable } from '../../common/index.js';
import { FILE_JOURNAL_OPTION_NAMES } from '../../file-journal/index.js';
import { InvalidOptionError } from '../../journal/index.js';
import { MODULE_OPTIONS, type FileJournalModuleOptions } from './file-journal-options.js';

/** Names of the options of `forRoot`, without its extras. */
export const MODULE_OPTION_NAMES: readonly (keyof FileJournalModuleOptions)[] = [
  ...FILE_JOURNAL_OPTION_NAMES,
  'journal',
  ...(Object.keys(MODULE_OPTIONS) as (keyof typeof MODULE_OPTIONS)[]),
];

/**
 * Checks the options of the module. The engine checks the values of its own options when it opens the
 * journal.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option
 */
export function validateOptions(options: FileJournalModuleOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidOptionError(
      'options',
      options,
      'an object',
      `the options of a journal must be an object, got ${String(options)}: useFactory must return them`,
    );
  rejectUnknownOptions(options, MODULE_OPTION_NAMES);
  const { journal, directory, codec } = options;
  if (journal !== undefined && journal !== 'file' && typeof journal !== 'function')
    throw new InvalidOptionError('journal', journal, "'file' or a function that opens a journal");
  const needsDirectory = typeof journal !== 'function';
  if ((needsDirectory || directory !== undefined) && !isPath(directory))
    throw new InvalidOptionError('directory', directory, 'a non-empty path');
  if (codec !== undefined && (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function'))
    throw new InvalidOptionError('codec', codec, 'an object with encode() and decode()');
  resolveOptionTable(MODULE_OPTIONS, options);
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming `name` */
export function validateJournalName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '')
    throw new InvalidOptionError('name', name, 'a non-empty string');
}
