import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../support/child.js';
import { requireExamples } from '../support/require-build.mjs';
import { temporaryDirectory } from '../support/temporary-directory.js';

requireExamples();

/** Runs a compiled example in a process of its own, with these environment variables. */
export function startExample(path: string, environment: Record<string, string>): Child {
  const file = join(temporaryDirectory('example-'), 'environment');
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''));
  const url = new URL(`../../dist/examples/${path}`, import.meta.url);
  return startChild(url, [], [`--env-file=${file}`]);
}
