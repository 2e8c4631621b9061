import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
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

  it('reports how far it has come, and finds the same with and without a listener', async () => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 64 * 1024 });
      await journal.appendBatch(events(0, 2_000, 200));
      await journal.archiveSegmentsBefore(1_000);
      await journal.compressArchived();
    }
    const files = readdirSync(directory).filter((name) => name.startsWith('segment-'));
    const sizeOnDisk = files.reduce((total, name) => total + statSync(join(directory, name)).size, 0);
    await using reader = await FileJournal.openReadOnly({ directory });
    const reports: [doneBytes: number, totalBytes: number][] = [];
    const options = { includeArchived: true };
    const report = await reader.verifyWithProgress(options, (...progress) => reports.push(progress));
    expect(report).toEqual(await reader.verifyIntegrity(options));
    expect(report).toMatchObject({ ok: true, entries: 2_000n, segments: files.length });
    expect(reports.length).toBeGreaterThanOrEqual(files.length);
    expect(reports.at(-1)).toEqual([sizeOnDisk, sizeOnDisk]);
    const done = reports.map(([doneBytes]) => doneBytes);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(new Set(reports.map(([, totalBytes]) => totalBytes))).toEqual(new Set([sizeOnDisk]));
  });
});
