/** The root of the project, seen from the compiled benches in dist/bench. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const projectRoot = resolve(fileURLToPath(new URL('../../..', import.meta.url)));

export const resultsDirectory = join(projectRoot, 'docs', 'benchmarks');

const requireFromBench = createRequire(join(projectRoot, 'bench', 'package.json'));

/**
 * Loads a package of bench/package.json. The caller supplies its type, so that the benches compile without
 * the contestants.
 * @throws when it is not installed, does not load, or requires a newer Node.js
 */
export async function loadContestant<T>(name: string): Promise<T> {
  assertNodeRelease(name);
  return (await import(pathToFileURL(requireFromBench.resolve(name)).href)) as T;
}

/** The installed version of a package; null when it is not installed. */
export function contestantVersion(name: string): string | null {
  return manifestOf(name)?.version ?? null;
}

/** A native module may crash the process if it is loaded into an older Node.js than it requires. */
function assertNodeRelease(name: string): void {
  const needed = /^>=\s*(\d+)/.exec(manifestOf(name)?.engines?.node ?? '')?.[1];
  if (needed !== undefined && Number.parseInt(process.versions.node, 10) < Number(needed))
    throw new Error(`${name} needs Node.js ${needed}`);
}

interface Manifest {
  readonly version: string;
  readonly engines?: { readonly node?: string };
}

function manifestOf(name: string): Manifest | null {
  try {
    return requireFromBench(join(projectRoot, 'bench', 'node_modules', name, 'package.json')) as Manifest;
  } catch {
    return null;
  }
}
