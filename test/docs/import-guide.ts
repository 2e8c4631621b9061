import { join } from 'node:path';
import { readSnippets, writeProgram } from './snippets.js';

/** What several files of a guide export, imported from one program, so that they see the same classes. */
export async function importGuide<T>(document: string, paths: readonly string[]): Promise<T> {
  const { directory } = writeProgram(readSnippets(document));
  const modules = [];
  for (const path of paths) modules.push((await import(join(directory, path))) as object);
  return Object.assign({}, ...modules) as T;
}
