/**
 * One contestant in this process, started by `contestants/isolated.ts`:
 * `run-appender.js NAME DIRECTORY NUMBERS`.
 */
import { ALL_APPENDERS, SUBMITTERS, UPDATERS } from './contestants/index.js';
import type { Reply, Turn } from './contestants/isolated.js';
import { answerParent } from './harness/child-script.js';
import { cpuTimer } from './harness/cpu.js';
import { LoopWatch } from './harness/latency.js';
import { allocationMeter } from './harness/memory.js';
import { rest } from './harness/rounds.js';

const [name = '', directory = '', numbers = '[]'] = process.argv.slice(2);

await answerParent<Turn, Reply>(async () => {
  const opening = [...ALL_APPENDERS, ...SUBMITTERS, ...UPDATERS].find((one) => one.name === name);
  if (opening === undefined) throw new RangeError(`there is no contestant ${name}`);
  const appender = await opening.open(directory);
  return {
    ready: {
      kind: 'ready',
      supported: (JSON.parse(numbers) as number[]).filter((one) => appender.supports(one)),
    },
    async answer({ inFlight, durationMs }) {
      const watch = new LoopWatch();
      const allocatedBytes = allocationMeter();
      const cpuUs = cpuTimer();
      const { entries, elapsedMs, latencies } = await appender.run(inFlight, durationMs);
      const outcome = {
        entries,
        elapsedMs,
        cpuUs: cpuUs(),
        allocatedBytes: allocatedBytes(),
        ...watch.stop(),
      };
      await rest();
      return { kind: 'turn', outcome, samplesMs: latencies.samplesMs };
    },
    stop: () => appender.close(),
  };
});
