/** Backups lie on network file systems, too. Some of these cannot lock or sync a directory. */
import { IoError } from '../../journal/index.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';

/** NFS refuses to lock what is not open for writing (EBADF), and a directory never is. */
const UNSUPPORTED = ['EBADF', 'ENOLCK', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Locks a directory that only backups use. Where that is impossible, the operator must not run two at once.
 * @returns false if another run holds the lock
 */
export function lockIfPossible(directory: SegmentDirectory): boolean {
  try {
    return directory.tryLock();
  } catch (error) {
    ignoreUnsupported(error);
    return true;
  }
}

/** Throws an error again, unless the file system cannot do what was asked for. */
export function ignoreUnsupported(error: unknown): void {
  if (!(error instanceof IoError) || !UNSUPPORTED.includes(error.osCode)) throw error;
}
