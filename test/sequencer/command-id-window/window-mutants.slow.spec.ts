import { describe, expect, it } from '@jest/globals';
import { windowChecks } from './window-checks.js';
import { windowMutants } from './window-mutants.js';

describe('the checks of the window', () => {
  const thatFailed = new Set<string>();

  it.each(windowMutants)('catch one that $fault', async ({ create }) => {
    const failed: string[] = [];
    for (const { name, run } of windowChecks) await run(create).catch(() => failed.push(name));
    expect(failed).not.toEqual([]);
    for (const name of failed) thatFailed.add(name);
  });

  it('are all needed: each fails for one of them', () => {
    expect(windowChecks.map(({ name }) => name).filter((name) => !thatFailed.has(name))).toEqual([]);
  });
});
