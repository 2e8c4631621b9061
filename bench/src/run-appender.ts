/**
 * One contestant in this process, started by `contestants/isolated.ts`:
 * `run-appender.js NAME DIRECTORY NUMBERS`.
 */
import { once } from 'node:events';
import { ALL_APPENDERS, SUBMITTERS, UPDATERS } from './contestants/index.js';
import type { Reply, Turn } from './contestants/isolated.js';
import { cpuTimer } from './harness/cpu.js';
import { LoopWatch } from './harness/latency.js';
import { allocationMeter } from './harness/memory.js';
import { rest } from './harness/rounds.js';

const [name = '', directory = '', numbers = '[]'] = process.argv.slice(2);

function reply(message: Reply): void {
  process.send?.(message);
}

try {
  const opening = [...ALL_APPENDERS, ...SUBMITTERS, ...UPDATERS].find((one) => one.name === name);
  if (opening === undefined) throw new RangeError(`there is no contestant ${name}`);
  const appender = await opening.open(directory);
  process.on('message', (turn: Turn) => void run(turn));
  reply({
    kind: 'ready',
    supported: (JSON.parse(numbers) as number[]).filter((one) => appender.supports(one)),
  });
  await once(process, 'disconnect');
  await appender.close();
  process.exit();

  async function run({ inFlight, durationMs }: Turn): Promise<void> {
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
    reply({ kind: 'turn', outcome, samplesMs: latencies.samplesMs });
  }
} catch (error) {
  const { message, code } = error as { message: string; code?: unknown };
  reply({ kind: 'failed', message, code });
  process.disconnect();
}
