/** The executable itself, as npm installs it: a link with the name of the command. */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, closeSync, cpSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { goldenCase } from '../support/golden.js';
import { describeWith } from '../support/requirements.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly bin: Readonly<Record<'file-journal', string>>;
};
const { directory } = goldenCase('v0.12.1', 'replay-book');

function link(): string {
  const target = join(root, manifest.bin['file-journal']);
  chmodSync(target, 0o755);
  const path = join(temporaryDirectory(), 'file-journal');
  symlinkSync(target, path);
  return path;
}

describe('the executable', () => {
  test('runs from a link and knows the version of the package', async () => {
    const { stdout } = await promisify(execFile)(link(), ['--version']);
    expect(stdout).toBe(`${manifest.version}\n`);
  });

  test('ends with the exit code of the command', async () => {
    const { stdout } = await promisify(execFile)(link(), ['verify', directory, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    await expect(promisify(execFile)(link(), ['verify'])).rejects.toMatchObject({ code: 2 });
  });

  test('ends quietly when the reader closes the pipe', async () => {
    const child = spawn(link(), ['verify', directory], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('');
  });

  test('reports damage even if the reader closed the pipe', async () => {
    expect(await exitCodeOf(['verify', damaged()], 'closed', 'pipe')).toBe(1);
  });

  test('keeps its exit code if messages cannot be written', async () => {
    expect(await exitCodeOf(['verify', join(directory, 'missing')], 'pipe', 'closed')).toBe(3);
  });
});

describeWith({}, 'the executable with /dev/full as its output', () => {
  test('does not take a full disk for damage', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const child = spawn(link(), ['verify', directory], { stdio: ['ignore', full, 'pipe'] });
      let stderr = '';
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      expect(await once(child, 'close')).toEqual([3, null]);
      expect(stderr).toBe('error: the output cannot be written: ENOSPC: no space left on device, write\n');
    } finally {
      closeSync(full);
    }
  });
});

/** A copy of the golden journal with another byte in the first entry. */
function damaged(): string {
  const copy = temporaryDirectory();
  cpSync(directory, copy, { recursive: true });
  const path = join(copy, 'segment-00000000000000000000.journal');
  const bytes = readFileSync(path);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  return copy;
}

type Stream = 'pipe' | 'closed';

async function exitCodeOf(args: readonly string[], stdout: Stream, stderr: Stream): Promise<unknown> {
  const child = spawn(link(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (stdout === 'closed') child.stdout.destroy();
  else child.stdout.resume();
  if (stderr === 'closed') child.stderr.destroy();
  else child.stderr.resume();
  const [code] = (await once(child, 'close')) as [unknown];
  return code;
}
