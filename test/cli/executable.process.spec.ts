/** The executable itself, as npm installs it: a link with the name of the command. */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, readFileSync, symlinkSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { goldenCase } from '../support/golden.js';
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
});
