import { dirname } from 'node:path';
import { IoError } from '../../journal/index.js';
import { isNotFound, type FileSystem } from './file-system.js';

/**
 * Creates a directory and its missing parents, from the top down, and makes each new name durable in its
 * parent.
 */
export async function makeDirectoryDurably(files: FileSystem, path: string): Promise<void> {
  const missing: string[] = [];
  let lowest = path;
  for (; !exists(files, lowest) && dirname(lowest) !== lowest; lowest = dirname(lowest)) {
    missing.unshift(lowest);
  }
  // An earlier process may have created the lowest existing one and died before it synced the name.
  await syncName(files, lowest).catch(ignoreUnsyncable);
  for (const directory of missing) {
    try {
      files.makeDirectory(directory);
    } catch (error) {
      if (!(error instanceof IoError) || error.osCode !== 'EEXIST') throw error;
    }
    await syncName(files, directory);
  }
}

/** Makes a directory's own name durable. */
async function syncName(files: FileSystem, directory: string): Promise<void> {
  const parent = dirname(directory);
  const fd = files.openDirectory(parent);
  try {
    await files.syncDirectory(fd, parent);
  } finally {
    files.closeFile(fd, parent);
  }
}

/** Error codes of a parent that this process may not read, or of a file system that does not sync. */
const UNSYNCABLE = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EROFS'];

/** Ignores a directory that this process cannot sync: its owner keeps it durable. */
function ignoreUnsyncable(error: unknown): void {
  if (!(error instanceof IoError) || !UNSYNCABLE.includes(error.osCode)) throw error;
}

function exists(files: FileSystem, path: string): boolean {
  try {
    files.closeFile(files.openDirectory(path), path);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
