/** Makes the requests of the `http` bench in this process; started by `http/load-process.ts`. */
import { answerParent } from './harness/child-script.js';
import { cpuTimer } from './harness/cpu.js';
import { loadAutocannon } from './http/autocannon.js';
import type { LoadRequest } from './http/load.js';
import type { LoadReply } from './http/load-process.js';
import { nodeLoad } from './http/node-load.js';

await answerParent<LoadRequest, LoadReply>(async () => {
  const autocannon = await loadAutocannon().catch(() => null);
  const load = autocannon ?? nodeLoad;
  return {
    ready: { kind: 'ready', isAutocannon: autocannon !== null },
    async answer(request) {
      const cpuUs = cpuTimer();
      const { requests, failures, elapsedMs, latencies } = await load(request);
      if (failures > 0 || requests === 0) throw new Error(`${requests} answers and ${failures} failures`);
      return { kind: 'turn', requests, elapsedMs, cpuUs: cpuUs(), samplesMs: latencies.samplesMs };
    },
    stop: async () => undefined,
  };
});
