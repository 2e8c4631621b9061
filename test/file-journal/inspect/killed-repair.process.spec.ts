/** A repair that is killed at every call can run again, and the cut bytes are kept. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { applyRepair, FileJournal, planRepair } from '../../../src/file-journal/index.js';
import { startChild } from '../../support/child.js';
import { copyOf, damagedBy, OPTIONS, TAIL_DAMAGES } from './damages.js';

const REPAIR = new URL('./children/killed-repair.mjs', import.meta.url);
const DAMAGES = ['half of the last entry is zero', 'a flipped bit in an acknowledged entry'];

/** Kills a repair of a copy before its n-th call. @returns the copy, and whether the repair was killed */
async function killedAt(directory: string, n: number): Promise<{ copy: string; isKilled: boolean }> {
  const copy = copyOf(directory);
  const { signal } = await startChild(REPAIR, [copy, String(n)]).exited;
  return { copy, isKilled: signal === 'SIGKILL' };
}

describe('a repair that is killed', () => {
  it.each(DAMAGES)('at any call leaves a state from which it runs again (%s)', async (name) => {
    const { directory, segment, before } = await damagedBy(TAIL_DAMAGES.findIndex(([each]) => each === name));
    const { cut, lastSequence } = await planRepair({ directory });
    const [start, end] = [cut?.offset ?? 0, (cut?.offset ?? 0) + (cut?.lengthBytes ?? 0)];
    const removed = before.subarray(start, end);
    let kills = 0;
    for (let isKilled = true; isKilled;) {
      const result = await killedAt(directory, kills);
      const { copy } = result;
      ({ isKilled } = result);
      if (isKilled) kills += 1;
      const stored = readFileSync(join(copy, segment));
      // Everything before the cut is as it was; the cut bytes are in the segment or in quarantine.
      expect(stored.subarray(0, start)).toEqual(before.subarray(0, start));
      const isQuarantined = readdirSync(copy)
        .filter((file) => file.startsWith('quarantine-'))
        .some((file) => readFileSync(join(copy, file)).equals(removed));
      expect([kills, stored.subarray(start, end).equals(removed) || isQuarantined]).toEqual([kills, true]);
      await applyRepair({ directory: copy });
      await using journal = await FileJournal.open({ directory: copy, ...OPTIONS });
      expect(journal.recovery.outcome).toBe('clean');
      expect(journal.lastSequence).toBe(lastSequence);
      expect(await journal.verifyIntegrity()).toMatchObject({ ok: true });
    }
    // Reading the segment, the quarantine file, the cut, the checkpoint.
    expect(kills).toBeGreaterThan(8);
  });
});
