import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { random } from './random.js';

const SETTLE_STEP_MS = 25;
const SETTLE_MAX_MS = 3_000;
/** Share of a core below which a process counts as idle. */
const IDLE_SHARE = 0.1;

/**
 * Runs every contestant once per round, each round in another order, so that other load on the machine and
 * changes of the disk affect all of them alike.
 *
 * A garbage collection precedes each turn. It also drops hidden classes without a live object, and V8 then
 * discards the code that it compiled for them. So each contestant in this process runs once before it is
 * timed.
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
      // No contestant pays for the writes and the garbage of the previous one.
      if (process.env['BENCH_SMOKE'] !== '1') spawnSync('sync');
      await rest();
      globalThis.gc?.();
      await run(contestant, round);
    }
  }
}

/** Waits until the background work of a turn, such as compaction and checkpoints, has ended. */
export async function rest(): Promise<void> {
  if (process.env['BENCH_SMOKE'] === '1') return;
  for (let waitedMs = 0; waitedMs < SETTLE_MAX_MS; waitedMs += SETTLE_STEP_MS) {
    const before = process.cpuUsage();
    await delay(SETTLE_STEP_MS);
    const { user, system } = process.cpuUsage(before);
    if (user + system < SETTLE_STEP_MS * 1000 * IDLE_SHARE) return;
  }
}
