import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';

const run = promisify(execFile);
/** It takes seconds; this is for a machine that has a lot else to do. */
const TIMEOUT_MS = 300_000;

interface Report {
  readonly smoke: boolean;
  readonly machine: Record<string, unknown>;
  readonly results: readonly {
    readonly bench: string;
    readonly measurements: readonly { metric: string; contestant: string; unit: string; rounds: number[] }[];
    readonly targets: readonly { id: string; rounds: number[] }[];
    readonly skipped: readonly { contestant: string; reason: string }[];
  }[];
}

describe('npm run bench -- --smoke', () => {
  it(
    'runs without its contestants installed, prints figures, and leaves nothing behind',
    async () => {
      const directory = temporaryDirectory('bench-');
      const { stdout } = await run(
        process.execPath,
        ['bench/run.mjs', 'append', 'rotation', '--smoke', '--no-install', '--rounds', '2'],
        { env: { ...process.env, BENCH_DIRECTORY: directory }, maxBuffer: 16 * 1024 * 1024 },
      );
      const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report;
      expect(report.smoke).toBe(true);
      expect(Object.keys(report.machine).sort()).toEqual([
        'contestants',
        'cores',
        'cpu',
        'fileSystem',
        'kernel',
        'memoryGiB',
        'node',
      ]);
      expect(report.results.map(({ bench }) => bench)).toEqual(['append', 'rotation']);

      const [append, rotation] = report.results;
      const throughputs = (append?.measurements ?? []).filter(({ metric }) => metric === 'durable append');
      for (const contestant of ['nestjs-file-journal', 'plain file', 'floor: blocking write + fdatasync']) {
        const found = throughputs.find((one) => one.contestant === contestant);
        expect(found?.unit).toBe('entries/s');
        expect(found?.rounds).toHaveLength(2);
        expect(found?.rounds.every((value) => value > 0)).toBe(true);
      }
      // Each of the others took part or says why it did not.
      const present = new Set(throughputs.map(({ contestant }) => contestant));
      for (const { contestant } of append?.skipped ?? []) present.add(contestant);
      for (const peer of ['better-sqlite3', 'lmdb', 'classic-level']) expect(present).toContain(peer);
      expect(rotation?.targets.map(({ id }) => id)).toEqual(['8.1', '8.64']);
      expect(stdout).toMatch(/^\| 8\.1 \| .*\| (yes|\*\*no\*\*) \|$/m);
      expect(readdirSync(directory)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'names the benches there are when asked for another one',
    async () => {
      const unknown = run(process.execPath, ['bench/run.mjs', 'nothing', '--smoke', '--no-install']);
      await expect(unknown).rejects.toThrow(/there is no bench nothing; there are append, /);
    },
    TIMEOUT_MS,
  );
});
