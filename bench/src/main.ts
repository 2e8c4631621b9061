/** Runs benches, each in its own process, and writes their results. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCHES, SOAK } from './benches/index.js';
import { describeMachine } from './harness/machine.js';
import type { BenchResult } from './harness/measurements.js';
import { readPlan } from './harness/plan.js';
import { resultsDirectory } from './harness/project.js';
import { makeWorkspace, remove } from './harness/workspace.js';
import { drawPlots, redrawPlots } from './report/plots.js';
import { formatTables } from './report/tables.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    out: { type: 'string' },
    soak: { type: 'string' },
    plots: { type: 'boolean', default: false },
  },
});
if (values.plots) {
  console.log((await redrawPlots(values.out ?? resultsDirectory)).join('\n'));
  process.exit();
}
const all = Object.keys(BENCHES).filter((name) => name !== SOAK);
const names = values.soak !== undefined ? [SOAK] : positionals.length === 0 ? all : positionals;
for (const name of names) {
  if (!(name in BENCHES))
    throw new RangeError(`there is no bench ${name}; there are ${Object.keys(BENCHES).join(', ')}`);
}
const env = {
  ...process.env,
  ...(values.smoke ? { BENCH_SMOKE: '1' } : {}),
  ...(values.soak === undefined ? {} : { BENCH_SOAK_MINUTES: values.soak }),
  ...(values.rounds === undefined ? {} : { BENCH_ROUNDS: values.rounds }),
};
const plan = readPlan(env);

const scratch = makeWorkspace(env);
try {
  const machine = describeMachine(scratch);
  if (machine.fileSystem === 'tmpfs') {
    console.warn(
      'BENCH_DIRECTORY lies on tmpfs, where nothing is ever synced: the figures of I/O benches mean nothing',
    );
  }
  const results: BenchResult[] = [];
  const head = { smoke: plan.smoke, rounds: plan.rounds, machine };
  // A smoke run shows that all benches work. Its figures mean nothing and are not kept.
  const out = values.out ?? (plan.smoke ? null : resultsDirectory);
  if (out !== null) mkdirSync(out, { recursive: true });
  for (const name of names) {
    console.log(`bench ${name} …`);
    const result = await runBench(name, join(scratch, `${name}.json`));
    results.push(result);
    // One file each, so that a run of some benches keeps the files of the others.
    if (out !== null) writeFileSync(join(out, `${name}.json`), toJson({ ...head, results: [result] }, 1));
  }
  const report = { ...head, results };
  const tables = formatTables(report);
  if (out !== null) {
    const plots = await drawPlots(results, out).catch((error: unknown) => {
      console.warn(`no plots: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
      return [];
    });
    if (names.length === all.length) {
      const images = plots.map((file) => `![${file}](${file})\n`);
      writeFileSync(join(out, 'results.md'), [tables, ...images].join('\n'));
    }
  }
  console.log(tables);
  console.log(toJson(report));
} finally {
  remove(scratch);
}

/** Rounds to six digits, more than the accuracy of any of these measurements. */
function toJson(value: object, indent?: number): string {
  const round = (_key: string, item: unknown): unknown =>
    typeof item === 'number' && !Number.isInteger(item) ? Number(item.toPrecision(6)) : item;
  return `${JSON.stringify(value, round, indent)}${indent === undefined ? '' : '\n'}`;
}

async function runBench(name: string, resultFile: string): Promise<BenchResult> {
  const script = fileURLToPath(new URL('run-bench.js', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--enable-source-maps', script, name, resultFile], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`bench ${name} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
  return JSON.parse(readFileSync(resultFile, 'utf8')) as BenchResult;
}
