import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { startChild } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const WRITER = new URL('../file-journal/children/write-events.mjs', import.meta.url);

describe('a read-only journal', () => {
  it('follows 20,000 entries of another process', async () => {
    const directory = temporaryDirectory();
    const count = 20_000n;
    const writer = startChild(WRITER, [
      directory,
      JSON.stringify({ segmentSizeBytes: 262_144 }),
      '0',
      String(count),
    ]);
    await writer.line(/./).catch(() => undefined);
    await using viewer = await FileJournal.openReadOnly({ directory });
    await using subscription = viewer.subscribe({ from: 0n, pollIntervalMs: 2 });
    for (let next = 0n; next < count; next += 1n) {
      const { value } = await subscription.next();
      if (value?.sequenceNum !== next) throw new Error(`${value?.sequenceNum} where ${next} belongs`);
    }
    expect(subscription.position).toBe(count - 1n);
  });
});
