import { lstat } from 'node:fs/promises';
import { InvalidArgumentError } from '../../journal/index.js';
import type { FileAccess } from '../../common/index.js';
import { toIoError } from '../os/file-system.js';

const GROUP_READ = 0o040;

/**
 * The permissions of the files that a command adds to a journal: those of its newest segment. Refuses root in
 * the journal of another user: the files that root creates would stop the application.
 * @param segmentPath of the newest segment
 * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function accessOfJournal(segmentPath: string): Promise<FileAccess> {
  const { uid, mode } = await lstat(segmentPath).catch((error: unknown) => {
    throw toIoError('lstat', segmentPath, error);
  });
  if (process.geteuid?.() === 0 && uid !== 0) {
    throw new InvalidArgumentError(
      'directory',
      segmentPath,
      'owned by the user of this process',
      `${segmentPath} belongs to user ${uid}, and root would create files that this user cannot write; ` +
        `run the command as that user, for example with sudo -u '#${uid}'`,
    );
  }
  return (mode & GROUP_READ) === 0 ? 'owner' : 'group';
}
