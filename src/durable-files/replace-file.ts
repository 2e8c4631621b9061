import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a name ends with while its content is written: a crash may leave such a file, the next replacement takes its place. */
export const TEMPORARY_SUFFIX = '.tmp';

/**
 * Gives a file new content, all or nothing: after a crash at any step the old content is there or the new, and once this has
 * resolved, the new. Written under a temporary name beside it, synced, renamed, and the directory synced; a missing directory is
 * created durably. The caller sees to it that no two calls replace the same file at once.
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  await createDirectory(dirname(path));
  try {
    await writeDurably(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    // On a full disk nobody else should lack the space that it takes.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Creates a directory and its missing parents, each name durable before the next. */
async function createDirectory(path: string): Promise<void> {
  if (await exists(path)) return;
  const parent = dirname(path);
  await createDirectory(parent);
  // One by one: where it fails, Node's recursive mkdir tells ENOENT instead of what the disk said.
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  await syncDirectory(parent);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Makes the names in a directory durable. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
