/** A repair that the disk ends at any step. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { applyRepair, planRepair } from '../../../src/file-journal/index.js';
import { JournalError } from '../../../src/journal/index.js';
import { FaultyFileSystem } from '../../support/faulty-file-system.js';
import { copyOf, damagedBy, TAIL_DAMAGES } from './damages.js';

const STEPS = ['write', 'sync', 'syncDirectory', 'openFile', 'syncNow', 'evictCachedPages'] as const;
const DAMAGES = TAIL_DAMAGES.map(([name], index) => ({ name, index }));

describe.each(DAMAGES)('after damage ($name)', ({ index }) => {
  it('a repair that fails at any step loses no byte, and can run again', async () => {
    const { directory, segment, before } = await damagedBy(index);
    const { cut } = await planRepair({ directory });
    const removed = before.subarray(cut?.offset, (cut?.offset ?? 0) + (cut?.lengthBytes ?? 0));
    for (const operation of STEPS) {
      for (let after = 0, hasFailed = true; hasFailed; after += 1) {
        const copy = copyOf(directory);
        const disk = new FaultyFileSystem();
        disk.fail(operation, 'EIO', { after });
        hasFailed = await applyRepair({ directory: copy, fileSystem: disk.wrap }).then(
          () => false,
          (error: unknown) => JournalError.isJournalError(error),
        );
        const now = readFileSync(join(copy, segment)).subarray(
          cut?.offset,
          (cut?.offset ?? 0) + removed.length,
        );
        const quarantined = readdirSync(copy).filter((name) => name.startsWith('quarantine-'));
        const isKept = quarantined.some((name) => readFileSync(join(copy, name)).equals(removed));
        expect([operation, after, now.equals(removed) || isKept]).toEqual([operation, after, true]);
        await applyRepair({ directory: copy });
        const again = await planRepair({ directory: copy }, () => undefined);
        expect(again).toMatchObject({ action: 'none', otherFaults: [] });
      }
    }
  });
});
