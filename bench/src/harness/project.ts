/** The root of the project, seen from the compiled benches in dist/bench. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const projectRoot = resolve(fileURLToPath(new URL('../../..', import.meta.url)));

export const resultsDirectory = join(projectRoot, 'docs', 'benchmarks');

const requireFromBench = createRequire(join(projectRoot, 'bench', 'package.json'));

/**
 * A package of bench/package.json. Typed by the caller, so that the benches compile where the contestants are
 * not installed.
 * @throws when it is not installed or does not load
 */
export async function loadContestant<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(requireFromBench.resolve(name)).href)) as T;
}

/** The installed version of a package; null when it is not installed. */
export function contestantVersion(name: string): string | null {
  try {
    const { version } = requireFromBench(
      join(projectRoot, 'bench', 'node_modules', name, 'package.json'),
    ) as {
      version: string;
    };
    return version;
  } catch {
    return null;
  }
}
