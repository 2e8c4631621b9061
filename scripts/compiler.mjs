// Shared by the build scripts: runs tsc into a staging directory, then swaps the result in. A failed build
// leaves the previous one in place, and two simultaneous builds do not mix their files.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const require = createRequire(import.meta.url);

/**
 * Emits into staging directories beside `outputs` (the same depth, so that relative paths in source maps
 * hold) and swaps them in when the build succeeds.
 */
export async function build({ name, inputs, outputs }, emit, { ifChanged = false } = {}) {
  if (ifChanged && buildState({ name, inputs, outputs }) === 'current') return;
  // Hashes the inputs before the compiler reads them, so that a file that changes meanwhile makes the build
  // out of date.
  const stamp = fingerprint(inputs);
  const targets = outputs.map((output) => join(projectRoot, output));

  const staged = targets.map((target) => `${target}.next-${process.pid}`);
  try {
    for (const directory of staged) mkdirSync(directory, { recursive: true });
    await emit(...staged);
    rmSync(stampFileOf(name), { force: true });
    targets.forEach((target, i) => replaceDirectory(target, staged[i]));
    writeFileSync(stampFileOf(name), stamp);
    console.log(`built ${outputs.join(' and ')}`);
  } finally {
    for (const directory of staged) rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether a target was built from the current state of its inputs: 'current', 'stale' or 'missing'. */
export function buildState({ name, inputs, outputs }) {
  if (!outputs.every((output) => existsSync(join(projectRoot, output)))) return 'missing';
  return readText(stampFileOf(name)) === fingerprint(inputs) ? 'current' : 'stale';
}

/** Runs tsc on one project; on a compile error, ends this process with tsc's messages already printed. */
export function compile(project, outDir) {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const child = spawn(process.execPath, [tsc, '--project', project, '--outDir', outDir], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, signal) => {
      if (code === 0) done();
      else {
        process.exitCode = 1;
        fail(new BuildError(`tsc --project ${project} ended with ${signal ?? `exit code ${code}`}`));
      }
    });
  });
}

class BuildError extends Error {
  constructor(message) {
    super(message);
    this.stack = message;
  }
}

export function isEntryPoint(url) {
  return process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(url);
}

function stampFileOf(name) {
  return join(projectRoot, 'dist', `.${name}.stamp`);
}

function replaceDirectory(target, replacement) {
  const previous = `${target}.previous-${process.pid}`;
  if (existsSync(target)) renameSync(target, previous);
  renameSync(replacement, target);
  rmSync(previous, { recursive: true, force: true });
}

function fingerprint(inputs) {
  const hash = createHash('sha256').update(require('typescript/package.json').version);
  for (const input of inputs) {
    for (const file of filesBelow(join(projectRoot, input))) {
      hash.update(`\0${relative(projectRoot, file)}\0`).update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

function readText(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
