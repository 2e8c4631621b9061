/** Runs one bench in this process: `run-bench.js NAME RESULT_FILE`. */
import { writeFileSync } from 'node:fs';
import { BENCHES } from './benches/index.js';
import { Figures } from './harness/measurements.js';
import { readPlan } from './harness/plan.js';
import { makeWorkspace, remove } from './harness/workspace.js';

const [name = '', resultFile = ''] = process.argv.slice(2);
const load = BENCHES[name];
if (load === undefined) throw new RangeError(`there is no bench ${name}`);

const figures = new Figures();
const workspace = makeWorkspace();
const startMs = performance.now();
try {
  const bench = await load();
  await bench({ plan: readPlan(), workspace, figures });
} finally {
  remove(workspace);
}
writeFileSync(resultFile, JSON.stringify(figures.result(name, performance.now() - startMs)));
