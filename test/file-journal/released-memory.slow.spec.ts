import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { bytesInUse } from '../support/collect-garbage.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns } from '../support/until.js';

const MIB = 1024 * 1024;

describe('A file journal without a pending append', () => {
  it.each([
    ['one large entry', 1, 24 * MIB],
    ['a large group', 24 * 1024, 1024],
  ])('keeps no buffer of %s', async (_what, count, payloadBytes) => {
    const journal = await FileJournal.open({
      directory: temporaryDirectory(),
      segmentSizeBytes: 64 * MIB,
    });
    const append = (sequence: number, bytes: number): Promise<void> =>
      journal.append(
        new SequencerEvent({
          sequenceNum: sequence,
          timestampNs: 1,
          command: 'x'.repeat(bytes),
          result: null,
        }),
      );
    await append(0, 1);
    const before = bytesInUse();
    await Promise.all(Array.from({ length: count }, (_, index) => append(index + 1, payloadBytes)));
    let grownBytes = Infinity;
    // The collector frees the contents of buffers in the background.
    for (let attempt = 0; attempt < 20 && grownBytes >= 12 * MIB; attempt += 1) {
      await turns();
      grownBytes = bytesInUse() - before;
    }
    expect(grownBytes).toBeLessThan(12 * MIB);
    await journal.close();
  });
});
