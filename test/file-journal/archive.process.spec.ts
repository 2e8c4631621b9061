import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { startChild } from '../support/child.js';
import { events } from '../support/events.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Starts processes one after the other, which takes time on a busy machine. */
jest.setTimeout(600_000);

const OPTIONS = { segmentSizeBytes: 4096 };
const PADDING = 200;
const ALL = Array.from({ length: 20 }, (_, index) => index);

function numbers(journal: FileJournal): number[] {
  return [...journal.readFrom(0n, { includeArchived: true })].map(({ sequenceNum, event }) => {
    const { Note } = event.command as { Note: { number: number } };
    expect(sequenceNum).toBe(BigInt(Note.number));
    return Note.number;
  });
}

describe('a kill while archiving and compressing', () => {
  it('at any call loses nothing, and the next archiving completes the work', async () => {
    const template = temporaryDirectory('archive-');
    {
      await using journal = await FileJournal.open({ directory: template, ...OPTIONS });
      await journal.appendBatch(events(0, 20, PADDING));
    }
    const script = new URL('./children/compress-archived.mjs', import.meta.url);
    let n = 0;
    for (let isDone = false; !isDone; n += 1) {
      const directory = temporaryDirectory('archive-');
      for (const name of readdirSync(template)) copyFileSync(join(template, name), join(directory, name));
      const child = startChild(script, [directory, String(n), '20']);
      const { code, signal } = await child.exited;
      expect(code === 0 || signal === 'SIGKILL').toBe(true);
      isDone = code === 0;
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      expect(numbers(journal)).toEqual(ALL);
      await journal.archiveSegmentsBefore(20);
      await journal.compressArchived();
      expect(numbers(journal)).toEqual(ALL);
      const names = readdirSync(directory);
      expect(
        names.filter((name) => name.includes('archived')).every((name) => name.endsWith('.archived.gz')),
      ).toBe(true);
    }
    expect(n).toBeGreaterThan(8);
  });
});
