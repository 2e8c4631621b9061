import { it } from '@jest/globals';
import { writeSync } from 'node:fs';
import { runSuite } from './mini-runner.js';
import { lifecycleMutants } from './mutants/lifecycle-mutants.js';
import { readMutants } from './mutants/read-mutants.js';
import { writeMutants } from './mutants/write-mutants.js';
it('x', async () => {
  for (const m of [...writeMutants, ...readMutants, ...lifecycleMutants]) {
    writeSync(2, `${m.topic} | ${m.fault} `);
    const t = performance.now();
    const r = await runSuite(m.harness, m.topic);
    writeSync(2, `${r.failed.length}/${r.failed.length + r.passed.length} ${(performance.now()-t).toFixed(0)} ms\n`);
  }
}, 60000);
