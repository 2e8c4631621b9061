import { describe, expect, it, jest } from '@jest/globals';
import { withoutSyncOfZeros, withoutZeroing } from './broken-engines.js';
import { meetGhost } from './ghost.js';

/** The tests compute for seconds on an idle machine, and for minutes on a busy one. */
jest.setTimeout(600_000);

const SEEDS = Array.from({ length: 120 }, (_, index) => index + 1);

/** Returns the first seed with which a cut entry reappears; null if there is none. */
async function firstGhost(options: Parameters<typeof meetGhost>[1]): Promise<number | null> {
  for (const seed of SEEDS) {
    try {
      await meetGhost(seed, options);
    } catch {
      return seed;
    }
  }
  return null;
}

describe.each(['positioned', 'mapped'] as const)(
  'an old entry exactly after a new one, %s writer',
  (writer) => {
    it('never reappears', async () => {
      expect(await firstGhost({ writer })).toBeNull();
    });

    it.each([
      ['does not zero what it cuts', withoutZeroing],
      ['does not sync the zeros before it appends', withoutSyncOfZeros],
    ])('reappears in an engine that %s', async (_what, between) => {
      expect(await firstGhost({ writer, between })).not.toBeNull();
    });
  },
);
