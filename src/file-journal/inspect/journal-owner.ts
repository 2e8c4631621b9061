import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from '../../journal/index.js';
import type { FileAccess } from '../../common/index.js';
import { parseSegmentName } from '../format/segment-name.js';
import { toIoError } from '../os/file-system.js';

const GROUP_READ = 0o040;

/**
 * The permissions of the files that a command adds to a journal: those of its newest segment. Refuses root in
 * the journal of another user: the files that root creates would stop the application.
 * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function accessOfJournal(directory: string): Promise<FileAccess> {
  const { uid, mode } = await statOf(await newestSegment(directory));
  if (process.geteuid?.() === 0 && uid !== 0) {
    throw new InvalidArgumentError(
      'directory',
      directory,
      'owned by the user of this process',
      `the journal in ${directory} belongs to user ${uid}, and root would create files that this user cannot write; ` +
        `run the command as that user, for example with sudo -u '#${uid}'`,
    );
  }
  return (mode & GROUP_READ) === 0 ? 'owner' : 'group';
}

/** Path of the newest live segment; of the directory if there is none. */
async function newestSegment(directory: string): Promise<string> {
  try {
    const names = await readdir(directory);
    // The digits of the start sequence have a fixed number.
    const newest = names
      .filter((name) => parseSegmentName(name) !== null)
      .sort()
      .at(-1);
    return newest === undefined ? directory : join(directory, newest);
  } catch (error) {
    throw toIoError('readdir', directory, error);
  }
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch (error) {
    throw toIoError('lstat', path, error);
  }
}
