import { describe, expect, test } from '@jest/globals';
import { CooperativeYield, monotonicMs } from '../../src/common/index.js';

const WORK_MS = 5;

/**
 * Runs `attempt` until it took less than the time budget: a busy machine may stop the process at any point.
 */
function withinBudget<T>(attempt: () => T): T {
  for (;;) {
    const startMs = monotonicMs();
    const result = attempt();
    if (monotonicMs() - startMs < WORK_MS) return result;
  }
}

function workFor(durationMs: number): void {
  const endMs = monotonicMs() + durationMs;
  while (monotonicMs() < endMs);
}

describe('CooperativeYield', () => {
  test('is due after 256 entries', () => {
    const counted = withinBudget(() => {
      const pause = new CooperativeYield();
      let entries = 0;
      for (; !pause.isDue; entries += 1) pause.countEntry();
      return entries;
    });
    expect(counted).toBe(256);
  });

  test('is due after 5 ms without any entry', () => {
    expect(withinBudget(() => new CooperativeYield().isDue)).toBe(false);
    const pause = new CooperativeYield();
    workFor(WORK_MS);
    expect(pause.isDue).toBe(true);
  });

  test('reads the clock once in 64 KiB of small pieces', () => {
    const pause = new CooperativeYield();
    workFor(WORK_MS);
    let pieces = 1;
    while (!pause.isDueAfter(1024)) pieces += 1;
    expect(pieces).toBe(64);
  });

  test('lets timers run and starts a new budget', async () => {
    let ranTimer = false;
    const pause = new CooperativeYield();
    for (let entry = 0; entry < 256; entry += 1) pause.countEntry();
    setTimeout(() => (ranTimer = true), 0);
    workFor(WORK_MS);
    await pause.run();
    const counted = withinBudget(() => {
      let entries = 0;
      for (; entries < 300 && !pause.isDue; entries += 1) pause.countEntry();
      return entries;
    });
    expect(counted).toBeGreaterThan(0);
    // Immediates run after the timers that are due, from the second turn on at the latest.
    await pause.run();
    expect(ranTimer).toBe(true);
  });
});
