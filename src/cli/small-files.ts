import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { DurableDirectory } from '../common/index.js';
import { IoError } from '../journal/index.js';

/** A small file beside a journal, with its content. */
export interface SmallFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** @throws IoError (`JOURNAL_IO`) for a file that cannot be read, such as a FIFO */
  readonly content: () => Buffer;
}

/** A lack of permission says nothing about the content of the file. */
const NOT_PERMITTED = ['EACCES', 'EPERM'];

/**
 * Lists the files whose name `parse` knows, with what `examine` returns. A directory that does not exist has
 * none. A file that is deleted meanwhile is left out.
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function examineFiles<TName, TResult>(
  directory: string,
  parse: (name: string) => TName | null,
  examine: (name: TName, file: SmallFile) => TResult,
): Promise<TResult[]> {
  const files = new DurableDirectory(directory);
  const found: TResult[] = [];
  for (const { name } of await files.list()) {
    const parsed = parse(name);
    const file = parsed === null ? null : await readSmallFile(files, name);
    if (parsed !== null && file !== null) found.push(examine(parsed, file));
  }
  return found;
}

async function readSmallFile(files: DurableDirectory, name: string): Promise<SmallFile | null> {
  const stats = await statIfThere(join(files.path, name));
  if (stats === null) return null;
  const file = { name, sizeBytes: stats.size, modifiedMs: stats.mtimeMs };
  try {
    const bytes = await files.read(name);
    return bytes === null ? null : { ...file, content: () => bytes };
  } catch (error) {
    if (!(error instanceof IoError) || NOT_PERMITTED.includes(error.osCode)) throw error;
    return {
      ...file,
      content: () => {
        throw error;
      },
    };
  }
}

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new IoError('lstat', path, code, { cause });
  }
}
