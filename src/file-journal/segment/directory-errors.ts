/** Turns what the operating system reports about a journal's directory into errors that say what to do. */
import { relative } from 'node:path';
import { InvalidDirectoryError, IoError } from '../../journal/index.js';
import { READ_HINT } from '../os/file-system.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOTDIR: 'it (or a parent) is not a directory',
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

/** Codes by which the system says that this process may not use an existing file. */
const NOT_PERMITTED = ['EACCES', 'EPERM', 'EROFS'];

/** The error of a directory that cannot be opened or created. Other errors stay as they are. */
export function unusableDirectory(path: string, error: unknown): unknown {
  if (!(error instanceof IoError)) return error;
  const reason = REASONS[error.osCode];
  return reason === undefined ? error : new InvalidDirectoryError(path, reason, { cause: error });
}

/**
 * The error of an existing directory whose files this process may not read or write: an InvalidDirectoryError
 * that names the first refused file. Other errors stay as they are.
 */
export function notPermitted(path: string, error: unknown): unknown {
  if (!(error instanceof IoError) || !NOT_PERMITTED.includes(error.osCode)) return error;
  const user = process.geteuid?.();
  const what = error.path === path ? 'the directory' : relative(path, error.path);
  const who = user === undefined ? '' : `; this process runs as user ${user}`;
  const reason = `${REASONS[error.osCode]}: ${error.operation} of ${what} (${error.osCode})${who}`;
  return new InvalidDirectoryError(path, reason, { cause: error });
}

/** For a reader: adds how the operator can grant its user access. */
export function withRemedy(error: unknown): unknown {
  if (!(error instanceof InvalidDirectoryError)) return error;
  const { path, reason, cause } = error;
  if (!(cause instanceof IoError) || cause.osCode !== 'EACCES') return error;
  return new InvalidDirectoryError(path, `${reason}; ${READ_HINT}`, { cause });
}
