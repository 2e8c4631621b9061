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
        [
          'bench/run.mjs',
          'append',
          'submit',
          'update',
          'rotation',
          '--smoke',
          '--no-install',
          '--rounds',
          '2',
        ],
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
      expect(report.results.map(({ bench }) => bench)).toEqual(['append', 'submit', 'update', 'rotation']);

      const [append, submit, update, rotation] = report.results;
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
      const updates = (update?.measurements ?? []).filter(({ metric }) => metric === 'CPU time');
      expect(new Set(updates.map(({ contestant }) => contestant)).size).toBe(8);
      expect(update?.skipped).toEqual([]);
      for (const contestant of ['append', 'submit', 'submit, EventBus handler', 'submit, command ids']) {
        for (const metric of ['CPU time', 'allocated', 'durable entries', 'latency p50']) {
          const found = (submit?.measurements ?? []).filter(
            (one) => one.contestant === contestant && one.metric === metric,
          );
          // With 1 and 64 in flight.
          expect(found.map(({ rounds }) => rounds.length)).toEqual([2, 2]);
          expect(found.every(({ rounds }) => rounds.every((value) => value > 0))).toBe(true);
        }
      }
      expect(submit?.skipped).toEqual([]);
      expect(rotation?.targets.map(({ id }) => id)).toEqual(['8.1', '8.64']);
      expect(stdout).toMatch(/^\| 8\.1 \| .*\| (yes|\*\*no\*\*) \|$/m);
      expect(readdirSync(directory)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'measures requests of an application behind Express and Fastify, without PostgreSQL',
    async () => {
      const directory = temporaryDirectory('bench-');
      const { stdout } = await run(
        process.execPath,
        ['bench/run.mjs', 'http', '--smoke', '--no-install', '--rounds', '1'],
        { env: { ...process.env, BENCH_DIRECTORY: directory }, maxBuffer: 16 * 1024 * 1024 },
      );
      const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report;
      const [http] = report.results;
      for (const platform of ['Express', 'Fastify']) {
        for (const contestant of [
          'no-op handler',
          'nestjs-file-journal, submit',
          'nestjs-file-journal, update',
        ]) {
          for (const metric of ['requests', 'server, CPU time', 'latency p50']) {
            const found = (http?.measurements ?? []).filter(
              (one) => one.metric === metric && one.contestant === `${contestant} (${platform})`,
            );
            // With 1 connection and with 64.
            expect(found.map(({ rounds }) => rounds.map((value) => value > 0))).toEqual([[true], [true]]);
          }
        }
      }
      const ids = [
        '4.express',
        '4.express.cpu',
        '4.express.p50',
        '4.fastify',
        '4.fastify.cpu',
        '4.fastify.p50',
      ];
      expect(http?.targets.map(({ id }) => id)).toEqual(ids);
      const skipped = (http?.skipped ?? []).map(({ contestant }) => contestant);
      expect(skipped).toContain('PostgreSQL, insert per request');
      expect(skipped).toContain('emmett on PostgreSQL');
      expect(readdirSync(directory)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'starts applications with and without the package, and fits a line through the memory of one under load',
    async () => {
      const directory = temporaryDirectory('bench-');
      const options = { env: { ...process.env, BENCH_DIRECTORY: directory }, maxBuffer: 16 * 1024 * 1024 };
      const resultsOf = async (...args: string[]): Promise<Report['results']> => {
        const bench = ['bench/run.mjs', ...args, '--smoke', '--no-install', '--rounds', '1'];
        const { stdout } = await run(process.execPath, bench, options);
        return (JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report).results;
      };
      const [start] = await resultsOf('start');
      const started = new Set(start?.measurements.map(({ contestant }) => contestant));
      for (const kind of ['ES modules', 'CommonJS']) {
        expect(started).toContain(`nestjs-file-journal, ${kind}`);
        expect(started).toContain(`floor: without the package, ${kind}`);
      }
      expect(start?.measurements.every(({ rounds }) => rounds.every((value) => value > 0))).toBe(true);
      const [soak] = await resultsOf('--soak', '1');
      const growth = soak?.measurements.filter(({ metric }) => metric === 'growth') ?? [];
      expect(growth.map(({ contestant }) => contestant)).toContain('RssAnon, standard error');
      expect(readdirSync(directory)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'names the benches there are when asked for another one',
    async () => {
      const unknown = run(process.execPath, ['bench/run.mjs', 'nothing', '--smoke', '--no-install']);
      await expect(unknown).rejects.toThrow(/there is no bench nothing; there are http, append, /);
    },
    TIMEOUT_MS,
  );
});
