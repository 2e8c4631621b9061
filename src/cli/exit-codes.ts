import { JournalError } from '../journal/index.js';

/** The exit codes of the command. Scripts depend on these numbers. */
export const EXIT = {
  ok: 0,
  /** Damage or a difference was found. */
  found: 1,
  /** A wrong argument or option, or a use that the directory does not allow. Nothing was changed. */
  wrongUse: 2,
  /** A file or directory cannot be read or written. */
  notReadable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The text in the help of every command. */
export const EXIT_CODES_HELP = `Exit codes:
  0  fine
  1  damage or a difference was found
  2  wrong use; nothing was changed
  3  a file or directory cannot be read or written`;

const FOUND = new Set([
  'JOURNAL_CORRUPT_ENTRY',
  'JOURNAL_CORRUPT_ARCHIVE',
  'JOURNAL_INVALID_ENTRY_HEADER',
  'JOURNAL_DESERIALIZATION',
  'JOURNAL_REPLAY_GAP',
  'JOURNAL_SNAPSHOT',
  'JOURNAL_CORRUPT_BACKUP',
]);

const WRONG_USE = new Set([
  'JOURNAL_INVALID_ARGUMENT',
  'JOURNAL_INVALID_OPTION',
  'JOURNAL_LOCKED',
  'JOURNAL_BACKUP_DIRECTORY',
  'JOURNAL_BACKUP_HISTORY',
  'JOURNAL_SEQUENCE_NOT_FOUND',
]);

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!JournalError.isJournalError(error)) return EXIT.notReadable;
  if (FOUND.has(error.code)) return EXIT.found;
  return WRONG_USE.has(error.code) ? EXIT.wrongUse : EXIT.notReadable;
}
