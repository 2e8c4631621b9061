import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { random } from './random.js';

const SETTLE_STEP_MS = 25;
const SETTLE_MAX_MS = 3_000;
/** Of a core: less is what any process does. */
const IDLE_SHARE = 0.1;

/**
 * Runs every contestant once per round, each round in another order: what the machine does meanwhile, and the
 * moods of the disk, meet all of them alike.
 *
 * A collection before each turn takes away what the last one left, and with it the hidden classes of which
 * nothing lives at that moment: V8 throws away what it compiled for them. So what runs in this process goes
 * once before it is timed.
 */
export async function inRounds<T>(
  rounds: number,
  contestants: readonly T[],
  run: (contestant: T, round: number) => Promise<void> | void,
): Promise<void> {
  const next = random(rounds * 7919 + contestants.length);
  for (let round = 0; round < rounds; round += 1) {
    const order = [...contestants];
    for (let i = order.length - 1; i > 0; i -= 1) {
      const j = Math.floor(next() * (i + 1));
      [order[i], order[j]] = [order[j] as T, order[i] as T];
    }
    for (const contestant of order) {
      // What one leaves behind is not the next one's to clean up.
      if (process.env['BENCH_SMOKE'] !== '1') spawnSync('sync');
      await rest();
      globalThis.gc?.();
      await run(contestant, round);
    }
  }
}

/** Waits for what a turn left to the threads of this process: compaction, checkpoints. */
export async function rest(): Promise<void> {
  if (process.env['BENCH_SMOKE'] === '1') return;
  for (let waitedMs = 0; waitedMs < SETTLE_MAX_MS; waitedMs += SETTLE_STEP_MS) {
    const before = process.cpuUsage();
    await delay(SETTLE_STEP_MS);
    const { user, system } = process.cpuUsage(before);
    if (user + system < SETTLE_STEP_MS * 1000 * IDLE_SHARE) return;
  }
}
