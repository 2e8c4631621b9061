import { performance } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { events } from '../support/events.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('verifyIntegrity', () => {
  it('lets the event loop run between small segments', async () => {
    const json = jsonCodec();
    const slow = {
      ...json,
      decode: (...args: Parameters<typeof json.decode>) => {
        const endMs = performance.now() + 2;
        while (performance.now() < endMs);
        return json.decode(...args);
      },
    };
    const options = { directory: temporaryDirectory(), segmentSizeBytes: 4096, codec: slow };
    await using journal = await FileJournal.open(options);
    // One entry in each segment: none of them takes long.
    await journal.appendBatch(events(0, 30, 3_000));
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const report = await journal.verifyIntegrity();
    isDone = true;
    expect(report).toMatchObject({ ok: true, segments: 30, entries: 30n });
    // 60 ms in pieces of 5 ms, of which the last decode may take 2 more.
    expect(turns).toBeGreaterThanOrEqual(7);
  });
});
