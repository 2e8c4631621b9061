import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal, type FileSystem } from '../../src/file-journal/index.js';
import { event, events } from '../support/events.js';
import { Random } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const OPTIONS = { segmentSizeBytes: 64 * 1024, maxUnsyncedBytes: 4096 };
const FIRST = 'segment-00000000000000000000.journal';

/** Overwrites bytes through the file. */
function overwrite(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

/** Records the largest read. */
class LargestRead {
  bytes = 0;
  readonly watch = (real: FileSystem): FileSystem => ({
    ...real,
    read: (fd, target, position, path) => {
      this.bytes = Math.max(this.bytes, target.length);
      real.read(fd, target, position, path);
    },
  });
}

describe('opening', () => {
  it('cuts a length of nearly 4 GiB at the end of a large segment without allocating memory for it', async () => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await journal.appendBatch(events(0, 10));
    }
    // As after an early kill: without a bound, so that only the bytes show which entries are torn.
    writeFileSync(join(directory, 'journal.checkpoint'), Buffer.alloc(8192));
    const path = join(directory, FIRST);
    const bytes = readFileSync(path);
    let end = 0;
    while (bytes.readUInt32LE(end) !== 0) end += 4 + bytes.readUInt32LE(end);
    truncateSync(path, 4_500_000_000); // sparse
    overwrite(path, end, Buffer.alloc(4, 0xff));
    const reads = new LargestRead();
    await using journal = await FileJournal.open({ directory, ...OPTIONS, fileSystem: reads.watch });
    expect(journal.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 9n });
    expect(reads.bytes).toBeLessThanOrEqual(2 ** 20);
  });

  it('detects a large file of random bytes quickly', async () => {
    const directory = temporaryDirectory();
    const random = new Random(1);
    const words = new Uint32Array(12 * 1024 * 1024);
    // Every 20th byte looks like an entry to findValidEntry, and the lengths are random but possible.
    for (let index = 0; index < words.length; index += 1)
      words[index] = index % 5 === 0 ? random.below(0x1_0000) * 256 + 0x7b : random.word();
    writeFileSync(join(directory, FIRST), words);
    const startedUs = process.cpuUsage();
    await expect(FileJournal.open({ directory })).rejects.toMatchObject({
      code: expect.stringMatching(/^JOURNAL_/),
    });
    const { user, system } = process.cpuUsage(startedUs);
    // CPU time: another process may take the processor meanwhile.
    expect((user + system) / 1e6).toBeLessThan(10);
  });
});

describe.each(['mapped', 'positioned'] as const)('entries of megabytes, %s reader', (reader) => {
  const MIB = 2 ** 20;
  const LARGE = { segmentSizeBytes: 32 * MIB, reader };

  /** Three large entries in a sealed segment, and where the second one lies. */
  async function journalOfThree(): Promise<{ directory: string; path: string; second: number }> {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, ...LARGE });
    await journal.appendBatch(events(0, 3, 5 * MIB));
    await journal.append(event(3, 20 * MIB));
    const [, entry] = journal.readFrom(0n);
    return { directory, path: join(directory, FIRST), second: entry?.location?.offset as number };
  }

  it('are read completely', async () => {
    const { directory } = await journalOfThree();
    await using journal = await FileJournal.open({ directory, ...LARGE });
    const padding = journal.readFrom(0n);
    const lengths = [...padding].map(
      ({ event: { command } }) => (command as { Note: { padding: string } }).Note.padding.length,
    );
    expect(lengths).toEqual([5 * MIB, 5 * MIB, 5 * MIB, 20 * MIB]);
    expect([...journal.readFrom(2n)].map(({ sequenceNum }) => sequenceNum)).toEqual([2n, 3n]);
    expect(await journal.verifyIntegrity()).toMatchObject({ ok: true, entries: 4n });
  });

  it.each([
    ['one changed byte', 3 * MIB, Buffer.from('#'), 3],
    ['a wild length that fits the file', 0, Buffer.from([0, 0, 0, 1]), 2],
  ])('with %s are found damaged without taking memory for them', async (_what, at, bytes, left) => {
    const { directory, path, second } = await journalOfThree();
    overwrite(path, second + at, bytes);
    let largest = 0;
    const fileSystem = (real: FileSystem): FileSystem => ({
      ...real,
      read(fd, target, position, file) {
        largest = Math.max(largest, target.length);
        real.read(fd, target, position, file);
      },
    });
    await using journal = await FileJournal.open({ directory, ...LARGE, fileSystem });
    largest = 0;
    expect(() => [...journal.readFrom(1n)]).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_CORRUPT_ENTRY',
        segment: FIRST,
        offset: second,
        sequence: 1n,
      }),
    );
    expect(largest).toBeLessThanOrEqual(MIB);
    expect([...journal.readFrom(0n, { onCorrupt: 'skip' })]).toHaveLength(left);
    expect((await journal.verifyIntegrity()).errors[0]).toMatchObject({ kind: 'crc', offset: second });
  });

  it('that do not fit into memory are a typed error', async () => {
    const { directory } = await journalOfThree();
    await using journal = await FileJournal.open({ directory, ...LARGE });
    const { allocUnsafeSlow } = Buffer;
    const limited = jest.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation((size) => {
      if (size > MIB) throw new RangeError('Array buffer allocation failed');
      return allocUnsafeSlow(size);
    });
    try {
      const read = (): unknown => [...journal.readFrom(0n)];
      expect(read).toThrow(expect.objectContaining({ code: 'JOURNAL_IO', osCode: 'ENOMEM' }));
      expect((await journal.verifyIntegrity()).errors[0]).toMatchObject({ kind: 'io' });
    } finally {
      limited.mockRestore();
    }
  });
});
