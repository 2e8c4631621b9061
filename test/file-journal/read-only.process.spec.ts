import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { startChild } from '../support/child.js';
import { READER_VARIANTS } from '../support/engines.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const WRITER = new URL('./children/write-events.mjs', import.meta.url);

describe.each(READER_VARIANTS)('openReadOnly beside a writer in another process, $name', ({ options }) => {
  it('follows 100,000 events of another process without a wrong or torn entry', async () => {
    const directory = temporaryDirectory();
    const count = 100_000n;
    const writer = startChild(WRITER, [
      directory,
      JSON.stringify({ segmentSizeBytes: 1_048_576 }),
      '0',
      String(count),
    ]);
    await until(() => readdirSync(directory).some((name) => name.startsWith('segment-')));
    await using viewer = await FileJournal.openReadOnly({ directory, ...options });
    let next = 0n;
    let followed = 0n;
    let isDone = false;
    const done = writer.line('done').then(() => (isDone = true));
    while (next < count) {
      for await (const entry of viewer.readFrom(next)) {
        const number = Number(next);
        const expected = `{"sequence_num":${number},"timestamp_ns":${number * 1000},"command":{"Note":{"number":${number},"text":"${'x'.repeat(number % 97)}"}},"result":null}`;
        if (entry.sequenceNum !== next || Buffer.from(entry.payload).toString() !== expected) {
          throw new Error(
            `wrong entry at ${next}: ${entry.sequenceNum} ${Buffer.from(entry.payload).toString()}`,
          );
        }
        next += 1n;
      }
      if (!isDone) followed = next;
      await delay(1);
    }
    await done;
    // It was followed while it was written, not read at once afterwards.
    expect(followed).toBeGreaterThan(1_000n);
    expect(viewer.lastSequence).toBe(count - 1n);
    const report = await viewer.verifyIntegrity();
    expect(report).toMatchObject({ ok: true, entries: count });
    expect(report.segments).toBeGreaterThan(5);
  }, 600_000);
});
