/** Commands on a full disk, and on one that is mounted read-only. */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LoopDisk } from '../faults/kernel/support/loop-disk.js';
import { damagedBy, newestSegment, TAIL_DAMAGES } from '../file-journal/inspect/damages.js';
import { describeWith } from '../support/requirements.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { journalWith } from './support/journals.js';
import { run } from './support/run.js';

const ACKNOWLEDGED = TAIL_DAMAGES.findIndex(([name]) => name.startsWith('a flipped bit in an acknowledged'));

describeWith({ loop: true, tools: ['mount', 'mkfs.ext4'] }, 'the commands', () => {
  test('repair cuts nothing on a full disk, and runs once there is space', async () => {
    const { directory: source } = await damagedBy(ACKNOWLEDGED);
    const disk = new LoopDisk();
    const directory = join(disk.path, 'journal');
    cpSync(source, directory, { recursive: true });
    const segment = join(directory, newestSegment(directory));
    const before = readFileSync(segment);
    const free = disk.fill();
    expect((await run('repair', directory, '--dry-run')).exitCode).toBe(1);
    expect((await run('inspect', directory)).stdout).toMatch(/^warning low-disk-space/m);
    const { exitCode, stderr } = await run('repair', directory, '--apply');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/ENOSPC; recovery keeps the \d+ bytes .* free that much space/);
    expect(readFileSync(segment)).toEqual(before);
    expect(readdirSync(directory).filter((name) => name.startsWith('quarantine-'))).toEqual([]);
    free();
    expect((await run('repair', directory, '--apply')).exitCode).toBe(0);
    expect((await run('verify', directory)).exitCode).toBe(0);
  });

  describe.each([0, 2])('with %d MiB left', (leftMiB) => {
    /** A disk with that much space for the target, and a function that frees the rest. */
    function fullDisk(): { readonly disk: LoopDisk; readonly free: () => void } {
      const disk = new LoopDisk();
      const free = disk.fill();
      const ballast = join(disk.path, 'ballast');
      truncateSync(ballast, statSync(ballast).size - leftMiB * 1024 * 1024);
      return { disk, free };
    }

    test('export leaves no file, and runs once there is space', async () => {
      const source = await journalWith(20_000, {}, { segmentSizeBytes: 1024 * 1024 });
      const { disk, free } = fullDisk();
      const before = readdirSync(disk.path);
      const file = join(disk.path, 'journal.jsonl');
      const { exitCode, stdout, stderr } = await run('export', source, file);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error: .*ENOSPC.*\(JOURNAL_IO\)\n$/);
      expect(readdirSync(disk.path)).toEqual(before);
      free();
      expect((await run('export', source, file)).exitCode).toBe(0);
      const copy = join(disk.path, 'copy');
      expect((await run('import', file, copy, '--segment-size', '1000000')).exitCode).toBe(0);
      expect((await run('diff', source, copy)).exitCode).toBe(0);
    });

    test('import leaves no directory, and runs once there is space', async () => {
      const source = await journalWith(20_000, {}, { segmentSizeBytes: 1024 * 1024 });
      const file = join(temporaryDirectory(), 'journal.jsonl');
      expect((await run('export', source, file)).exitCode).toBe(0);
      const { disk, free } = fullDisk();
      const before = readdirSync(disk.path);
      const target = join(disk.path, 'journal');
      const { exitCode, stdout, stderr } = await run('import', file, target, '--segment-size', '262144');
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error: .*ENOSPC.*\(JOURNAL_IO\)\n$/);
      expect(readdirSync(disk.path)).toEqual(before);
      free();
      expect((await run('import', file, target, '--segment-size', '262144')).exitCode).toBe(0);
      expect((await run('diff', source, target)).exitCode).toBe(0);
    });
  });

  test('read from a disk that is mounted read-only, and refuse to change it', async () => {
    const source = await journalWith(400, { snapshots: { Book: [399] } });
    const { directory: damaged } = await damagedBy(ACKNOWLEDGED);
    const disk = new LoopDisk();
    const directory = join(disk.path, 'journal');
    cpSync(source, directory, { recursive: true });
    cpSync(damaged, join(disk.path, 'damaged'), { recursive: true });
    execFileSync('mount', ['-o', 'remount,ro', disk.path]);
    for (const args of [['inspect'], ['verify'], ['stats'], ['repair', '--dry-run'], ['snapshots', 'verify']])
      expect([args, await run(...args, directory)]).toEqual([
        args,
        expect.objectContaining({ exitCode: 0, stderr: '' }),
      ]);
    expect((await run('inspect', join(disk.path, 'damaged'))).exitCode).toBe(1);
    for (const args of [['archive', '--up-to', '100'], ['compress']])
      expect(await run(...args, directory)).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining('EROFS'),
      });
    expect(await run('repair', '--apply', join(disk.path, 'damaged'))).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('EROFS'),
    });
  });
});
