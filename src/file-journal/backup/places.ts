/** Where directories lie on the disk: whether one contains the other, and whether one can be replaced. */
import { lstatSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { toIoError } from '../os/file-system.js';
import { BackupDirectoryError } from './backup.errors.js';

/**
 * The path of a directory without symbolic links. The last parts may not exist yet.
 * @throws IoError (`JOURNAL_IO`)
 */
export function realPlace(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch (error) {
    const parent = dirname(absolute);
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || parent === absolute) throw toIoError('realpath', absolute, error);
    return join(realPlace(parent), basename(absolute));
  }
}

/**
 * Refuses a directory that is the same as another, lies in it, or contains it.
 * @param path real path of the directory
 * @param other real path of the other directory
 * @param what names the other one
 * @throws BackupDirectoryError (`JOURNAL_BACKUP_DIRECTORY`)
 */
export function assertApart(path: string, other: string, what: string): void {
  if (path === other || isSame(path, other)) throw new BackupDirectoryError(path, `it is ${what}`);
  if (isBelow(path, other)) throw new BackupDirectoryError(path, `it lies in ${what}; use one outside`);
  if (isBelow(other, path)) throw new BackupDirectoryError(path, `it contains ${what}; use one beside it`);
}

/**
 * Refuses a directory that a rename cannot replace.
 * @param path real path
 * @throws BackupDirectoryError (`JOURNAL_BACKUP_DIRECTORY`)
 */
export function assertReplaceable(path: string): void {
  const there = statOrNull(path);
  if (there === null) return;
  if (!there.isDirectory()) throw new BackupDirectoryError(path, 'it is not a directory');
  const parent = statOrNull(dirname(path));
  if (dirname(path) === path || parent?.dev !== there.dev) throw mountPoint(path);
}

/** The error for a target that the system refused to replace because something is mounted there. */
export function mountPoint(path: string, cause?: unknown): BackupDirectoryError {
  const reason = `it is a mount point, which cannot be replaced as a whole; restore to a directory in it, such as ${join(path, 'journal')}`;
  return new BackupDirectoryError(path, reason, { cause });
}

/** Whether something other than a directory has this name; a symbolic link counts. */
export function isOtherThanDirectory(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch (error) {
    throw toIoError('lstat', path, error);
  }
}

/** By path, and by identity: a bind mount shows one directory at two paths. */
function isBelow(path: string, ancestor: string): boolean {
  if (path.startsWith(ancestor.endsWith(sep) ? ancestor : ancestor + sep)) return true;
  for (let above = dirname(path); ; above = dirname(above)) {
    if (isSame(above, ancestor)) return true;
    if (dirname(above) === above) return false;
  }
}

function isSame(a: string, b: string): boolean {
  const one = statOrNull(a);
  const other = statOrNull(b);
  return one !== null && other !== null && one.ino === other.ino && one.dev === other.dev;
}

function statOrNull(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw toIoError('stat', path, error);
  }
}
