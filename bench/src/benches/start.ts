/**
 * The start of the smallest application, from the start of its process until it listens, against the same
 * application without the package. Processes start alternately; their files are in the page cache.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inRounds } from '../harness/rounds.js';
import { remove, subdirectory } from '../harness/workspace.js';
import type { StartReport } from '../start/report-start.js';
import type { Bench } from './bench.js';

const TIME = 'start until listening';
const CPU = 'start until listening: CPU time';
/** A start takes a fraction of a second, and varies more than other figures. */
const STARTS_PER_ROUND = 3;

interface Start {
  readonly name: string;
  readonly script: string;
  /** Whether the journal exists already. */
  readonly isRestart: boolean;
}

const MODULES = [
  { kind: 'ES modules', extension: 'js' },
  { kind: 'CommonJS', extension: 'cjs' },
];

export const start: Bench = async ({ plan, workspace, figures }) => {
  const nodes = await nodesOf(process.env);
  for (const { kind, extension } of MODULES) {
    const script = (name: string): string =>
      fileURLToPath(new URL(`../start/${name}.${extension}`, import.meta.url));
    const without: Start = {
      name: `floor: without the package, ${kind}`,
      script: script('without-journal'),
      isRestart: false,
    };
    const restart: Start = {
      name: `nestjs-file-journal, ${kind}`,
      script: script('with-journal'),
      isRestart: true,
    };
    const first: Start = {
      name: `nestjs-file-journal, new journal, ${kind}`,
      script: restart.script,
      isRestart: false,
    };
    const existing = subdirectory(workspace, 'journal');
    for (const { major, executable } of nodes) {
      const run = async ({ script: file, isRestart }: Start): Promise<StartReport> => {
        const directory = isRestart ? existing : subdirectory(workspace, 'new');
        const report = await startProcess(executable, file, directory);
        if (!isRestart) remove(directory);
        return report;
      };
      for (const one of [without, first, restart]) await run(one);
      await inRounds(
        plan.rounds * (plan.smoke ? 1 : STARTS_PER_ROUND),
        [without, first, restart],
        async (one) => {
          const { elapsedMs, cpuMs } = await run(one);
          figures.record(TIME, 'ms', one.name, major, elapsedMs);
          figures.record(CPU, 'ms', one.name, major, cpuMs);
        },
      );
      figures.target(
        {
          id: `5.boot.${kind === 'CommonJS' ? 'cjs' : 'esm'}.${major}`,
          text: `start of the smallest application, ${kind}, Node ${major}, against the same without the package`,
          bound: 'at most',
          limit: 1.25,
        },
        TIME,
        restart.name,
        without.name,
        major,
      );
    }
  }
};

/** The executables in BENCH_NODES, separated by colons; by default, the one that runs the bench. */
async function nodesOf(env: NodeJS.ProcessEnv): Promise<{ major: number; executable: string }[]> {
  const executables = env['BENCH_NODES']?.split(':') ?? [process.execPath];
  return Promise.all(
    executables.map(async (executable) => {
      const { stdout } = await promisify(execFile)(executable, ['-p', 'process.versions.node']);
      return { major: Number.parseInt(stdout, 10), executable };
    }),
  );
}

async function startProcess(executable: string, script: string, directory: string): Promise<StartReport> {
  const { stdout } = await promisify(execFile)(executable, ['--no-warnings', script], {
    env: { ...process.env, JOURNAL_DIRECTORY: directory },
  });
  return JSON.parse(stdout) as StartReport;
}
