/** The memory of live aggregates, known command ids and projections, each measured in fresh processes. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { remove, subdirectory } from '../harness/workspace.js';
import type { Footprint, FootprintCase } from '../memory/footprint.js';
import type { Bench } from './bench.js';

const KEPT = 'kept in memory';
const KEPT_EACH = 'kept in memory by each';

const FOOTPRINTS: readonly { readonly name: FootprintCase; readonly what: string; readonly count: number }[] =
  [
    { name: 'aggregates', what: 'live aggregates', count: 1_000 },
    { name: 'ids', what: 'known command ids of 36 letters', count: 1_000_000 },
    { name: 'projections', what: 'projections', count: 10 },
  ];

export const state: Bench = async ({ plan, workspace, figures }) => {
  const script = fileURLToPath(new URL('../memory/footprint.js', import.meta.url));
  for (const { name, what, count } of FOOTPRINTS) {
    const measured = plan.smoke ? Math.min(count, 1_000) : count;
    for (let round = 0; round < Math.min(3, plan.rounds); round += 1) {
      const directory = subdirectory(workspace, name);
      const args = ['--expose-gc', script, name, String(measured), directory];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { beforeBytes, afterBytes } = JSON.parse(stdout) as Footprint;
      const contestant = `${measured.toLocaleString('en-US')} ${what}`;
      figures.record(KEPT, 'KiB', contestant, null, (afterBytes - beforeBytes) / 1024);
      figures.record(KEPT_EACH, 'bytes', contestant, null, (afterBytes - beforeBytes) / measured);
      remove(directory);
    }
  }
};
