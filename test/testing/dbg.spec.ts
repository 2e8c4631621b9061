import { it } from '@jest/globals';
import { writeSync, writeFileSync } from 'node:fs';
import { runSuite } from './mini-runner.js';
import { inMemoryHarness } from './in-memory-harness.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { lifecycleMutants } from './mutants/lifecycle-mutants.js';
import { readMutants } from './mutants/read-mutants.js';
import { writeMutants } from './mutants/write-mutants.js';
it('x', async () => {
  const all = await runSuite({ ...inMemoryHarness('i', InMemoryJournal.open), durabilities: ['sync'] });
  const never = new Set(all.passed);
  const crowd = new Map<string, number>();
  for (const m of [...writeMutants, ...readMutants, ...lifecycleMutants]) {
    const t = performance.now();
    const r = await runSuite(m.harness);
    for (const f of r.failed) {
      never.delete(f);
      crowd.set(f, (crowd.get(f) ?? 0) + 1);
    }
    if (!r.failed.some((f) => f.startsWith(m.topic + ' > ')))
      writeSync(2, `SURVIVES ${m.topic} | ${m.fault}\n`);
    writeSync(2, `${m.fault} ${r.failed.length} ${(performance.now() - t).toFixed(0)}ms; `);
  }
  writeFileSync('/tmp/never.txt', [...never].join('\n'));
}, 500000);
