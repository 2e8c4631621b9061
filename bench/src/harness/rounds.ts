import { random } from './random.js';

/**
 * Runs every contestant once per round, each round in another order: what the machine does meanwhile, and the moods of
 * the disk, meet all of them alike.
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
      globalThis.gc?.();
      await run(contestant, round);
    }
  }
}
