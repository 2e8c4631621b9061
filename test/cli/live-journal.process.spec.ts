/** Every command on a journal that another process writes, rotates, archives and compresses. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/file-journal/index.js';
import { startChild, type Child } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { run } from './support/run.js';

const WRITER = new URL('./children/busy-writer.mjs', import.meta.url);
const ROUNDS = 8;

async function withWriter(use: (directory: string, writer: Child) => Promise<void>): Promise<void> {
  const directory = temporaryDirectory('live-');
  const writer = startChild(WRITER, [directory]);
  try {
    await writer.line('running');
    await use(directory, writer);
    // Nothing that a command did may have disturbed it.
    expect(writer.process.exitCode).toBeNull();
  } finally {
    await writer.kill('SIGKILL');
  }
}

interface Inspection {
  readonly writer: { readonly pid: number };
  readonly findings: readonly Finding[];
  readonly lastSequence: string;
}

describe('on a journal under load', () => {
  test('inspect finds no damage, and names the writer', async () => {
    await withWriter(async (directory, writer) => {
      let last = -1;
      for (let round = 0; round < ROUNDS; round += 1) {
        const { exitCode, stdout } = await run('inspect', directory, '--json');
        const { findings, writer: holder, lastSequence } = JSON.parse(stdout) as Inspection;
        expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
        expect(exitCode).toBe(0);
        expect(Number(lastSequence)).toBeGreaterThan(last);
        last = Number(lastSequence);
        if (process.platform === 'linux') expect(holder.pid).toBe(writer.process.pid);
      }
      if (process.platform !== 'linux') return;
      // The command line itself is cut where it is long.
      expect((await run('inspect', directory)).stdout).toContain(`process ${writer.process.pid}: /`);
    });
  });

  test.each([
    ['verify', []],
    ['verify', ['--include-archived']],
    ['stats', []],
    ['stats', ['--include-archived']],
    ['repair', ['--dry-run']],
    ['repair', ['--apply']],
    ['snapshots', ['list']],
    ['snapshots', ['verify']],
  ])('%s %j finds nothing wrong', async (command, options) => {
    await withWriter(async (directory) => {
      const args =
        command === 'snapshots' ? [command, ...options, directory] : [command, directory, ...options];
      for (let round = 0; round < ROUNDS; round += 1)
        expect(await run(...args)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(readdirSync(directory).filter((name) => name.startsWith('quarantine-'))).toEqual([]);
    });
  });

  test.each([
    ['archive', ['--up-to', '1']],
    ['archive', ['--up-to', '1', '--force']],
    ['compress', []],
  ])('%s %j is refused', async (command, options) => {
    await withWriter(async (directory, writer) => {
      const { exitCode, stdout, stderr } = await run(command, directory, ...options);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain('JOURNAL_LOCKED');
      if (process.platform === 'linux') expect(stderr).toContain(`process ${writer.process.pid}`);
    });
  });

  test('what a kill leaves is a torn write at most, and a repair and an opening agree on it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const directory = temporaryDirectory('killed-');
      const writer = startChild(WRITER, [directory]);
      await writer.line('running');
      await writer.kill('SIGKILL');
      const { stdout } = await run('inspect', directory, '--json');
      const { findings, lastSequence } = JSON.parse(stdout) as Inspection;
      const damage = findings.filter(({ severity }) => severity === 'damage').map(({ code }) => code);
      expect(['', 'torn-tail']).toContain(damage.join());
      const repaired = await run('repair', directory, '--apply', '--json');
      expect(repaired.exitCode).toBe(0);
      expect(JSON.parse(repaired.stdout)).toMatchObject({ lastSequence });
      expect((await run('verify', directory, '--include-archived')).exitCode).toBe(0);
    }
  });
});
