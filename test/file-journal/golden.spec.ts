import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import {
  CorruptEntryError,
  JournalError,
  SequencerEvent,
  type JournalEntry,
} from '../../src/journal/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { READER_VARIANTS, WRITER_VARIANTS } from '../support/engines.js';
import {
  GOLDEN_VERSIONS,
  goldenCase,
  goldenCases,
  type GoldenCase,
  type GoldenEntry,
} from '../support/golden.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const codec = orderBookCodec();

function facts(entry: JournalEntry, golden: GoldenEntry): unknown {
  return {
    sequence: entry.sequenceNum,
    timestampNs: entry.timestampNs,
    storedCrc: entry.storedCrc,
    payload: golden.payload === null ? null : Buffer.from(entry.payload).toString('utf8'),
  };
}

function expectEntries(entries: readonly JournalEntry[], golden: readonly GoldenEntry[]): void {
  expect(entries).toHaveLength(golden.length);
  for (const [index, expected] of golden.entries()) {
    const { sequence, timestampNs, storedCrc, payload } = expected;
    expectEqual(facts(entries[index] as JournalEntry, expected), {
      sequence,
      timestampNs,
      storedCrc,
      payload,
    });
  }
}

/** The fault of a case and its place, from the `.txt` beside it. */
const DAMAGE: Readonly<Record<string, { kind: string; segment: string; offset: number; sequence: bigint }>> =
  {
    'corrupt-middle': {
      kind: 'crc',
      segment: 'segment-00000000000000000021.journal',
      offset: 1925,
      sequence: 26n,
    },
    'torn-tail': { kind: 'crc', segment: 'segment-00000000000000000000.journal', offset: 3324, sequence: 9n },
    'torn-length': {
      kind: 'crc',
      segment: 'segment-00000000000000000000.journal',
      offset: 3764,
      sequence: 10n,
    },
  };

describe.each(GOLDEN_VERSIONS)('golden journals of orderbook-rs %s', (version) => {
  describe.each(READER_VARIANTS)('$name', ({ options: { reader, mapper } }) => {
    it.each(goldenCases(version))(
      '$name: every entry is read with its exact header, checksum and payload',
      async (golden) => {
        await using journal = await FileJournal.openReadOnly({
          directory: golden.directory,
          reader,
          mapper,
          codec,
        });
        const entries = [...journal.readFrom(0n, { onCorrupt: 'skip' })];
        expectEntries(entries, golden.entries);
        expect(journal.firstAvailableSequence).toBe(golden.entries[0]?.sequence ?? null);
        expect(journal.lastSequence).toBe(golden.entries.at(-1)?.sequence ?? null);
      },
    );

    it.each(goldenCases(version))(
      '$name: verifyIntegrity reports the damage and its place',
      async (golden) => {
        await using journal = await FileJournal.openReadOnly({
          directory: golden.directory,
          reader,
          mapper,
          codec,
        });
        const report = await journal.verifyIntegrity();
        const damage = DAMAGE[golden.name];
        expect(
          report.errors.map(({ kind, segment, offset, sequence }) => ({ kind, segment, offset, sequence })),
        ).toEqual(damage === undefined ? [] : [damage]);
        expect(report.ok).toBe(damage === undefined);
        expect(report.entries).toBe(BigInt(golden.entries.length));
      },
    );
  });

  it('reads up to the damage and throws there, naming segment, offset and sequence', async () => {
    const golden = goldenCase(version, 'corrupt-middle');
    await using journal = await FileJournal.openReadOnly({ directory: golden.directory, codec });
    const read: bigint[] = [];
    const readAll = (): void => {
      for (const entry of journal.readFrom(0n)) read.push(entry.sequenceNum);
    };
    expect(readAll).toThrow(CorruptEntryError);
    expect(read).toEqual(Array.from({ length: 26 }, (_, index) => BigInt(index)));
    try {
      readAll();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'JOURNAL_CORRUPT_ENTRY',
        segment: 'segment-00000000000000000021.journal',
        offset: 1925,
        sequence: 26n,
        expectedCrc: 0x48ada5d9,
        actualCrc: 0x98d41a75,
      });
    }
  });

  it('continues behind the damage with onCorrupt, and reports it once', async () => {
    const golden = goldenCase(version, 'corrupt-middle');
    await using journal = await FileJournal.openReadOnly({ directory: golden.directory, codec });
    const errors: JournalError[] = [];
    const read = [...journal.readFrom(0n, { onCorrupt: (error) => errors.push(error) })];
    expect(read.map((entry) => entry.sequenceNum)).toEqual(golden.entries.map((entry) => entry.sequence));
    expect(errors.map((error) => error.code)).toEqual(['JOURNAL_CORRUPT_ENTRY']);
  });

  it('reads from any sequence', async () => {
    const golden = goldenCase(version, 'rotated');
    await using journal = await FileJournal.openReadOnly({ directory: golden.directory, codec });
    for (const { sequence } of golden.entries) {
      const [first] = journal.readFrom(sequence, { limit: 1 });
      expect(first?.sequenceNum).toBe(sequence);
    }
    expect([...journal.readFrom(200n)]).toEqual([]);
  });

  it.each([
    ['the order-book codec', orderBookCodec()],
    ['the generic codec', jsonCodec()],
  ])('every decoded event is written back with the same bytes by %s', async (_name, anyCodec) => {
    for (const golden of goldenCases(version)) {
      await using journal = await FileJournal.openReadOnly({
        directory: golden.directory,
        codec: anyCodec as typeof codec,
      });
      for (const entry of journal.readFrom(0n, { onCorrupt: 'skip' })) {
        expectSame(Buffer.from(anyCodec.encode(entry.event)).equals(entry.payload), true);
      }
    }
  });

  describe.each(WRITER_VARIANTS)('rewritten ($name)', ({ options }) => {
    it.each(['all-variants', 'rotated', 'replay-book'])(
      '%s: the segment files hold exactly the bytes of orderbook-rs',
      async (name) => {
        const golden = goldenCase(version, name);
        const directory = temporaryDirectory();
        await copyFresh(golden, directory, options);
        const files = segmentFiles(golden.directory);
        expect(segmentFiles(directory)).toEqual(files);
        for (const file of files) {
          const theirs = readFileSync(join(golden.directory, file));
          const ours = readFileSync(join(directory, file));
          // 0.7.0 truncates a rotated segment to its used size. This engine leaves zeros behind it.
          expect(ours.subarray(0, theirs.length).equals(theirs)).toBe(true);
          expect(ours.subarray(theirs.length).every((byte) => byte === 0)).toBe(true);
        }
      },
    );
  });

  describe.each(['torn-tail', 'torn-length', 'empty', 'rotated-archived', 'corrupt-middle'])(
    'opening %s for writing',
    (name) => {
      it('keeps every intact entry, appends, and is still intact after reopening', async () => {
        const golden = goldenCase(version, name);
        const directory = golden.copy();
        const next = (golden.entries.at(-1)?.sequence ?? -1n) + 1n;
        const options = { directory, segmentSizeBytes: golden.segmentSizeBytes };
        {
          await using journal = await FileJournal.open(options);
          expect(journal.recovery.outcome).toBe(name.startsWith('torn') ? 'torn-tail' : 'clean');
          expect(journal.lastSequence).toBe(golden.entries.at(-1)?.sequence ?? null);
          // Shorter than the torn entry: none of its bytes may show behind the new one.
          await journal.append(event(next));
          await journal.append(event(next + 1n));
        }
        await using reopened = await FileJournal.open(options);
        expect(reopened.recovery).toMatchObject({ outcome: 'clean', lastSequence: next + 1n });
        const entries = [...reopened.readFrom(0n, { onCorrupt: 'skip' })];
        expectEntries(entries.slice(0, -2), golden.entries);
        expect(entries.slice(-2).map((entry) => entry.event.command)).toEqual([
          { n: String(next) },
          { n: String(next + 1n) },
        ]);
        const report = await reopened.verifyIntegrity();
        expect(report.errors.map(({ kind, sequence }) => ({ kind, sequence }))).toEqual(
          name === 'corrupt-middle' ? [{ kind: 'crc', sequence: 26n }] : [],
        );
      });
    },
  );

  it.each(['torn-tail', 'torn-length'])('%s: the cut bytes are reported and kept', async (name) => {
    const golden = goldenCase(version, name);
    const directory = golden.copy();
    const original = readFileSync(join(golden.directory, 'segment-00000000000000000000.journal'));
    await using journal = await FileJournal.open({ directory });
    const { cut } = journal.recovery;
    const { offset, sequence } = DAMAGE[name] as { offset: number; sequence: bigint };
    expect(journal.lastSequence).toBe(sequence - 1n);
    expect(cut).toMatchObject({ segment: 'segment-00000000000000000000.journal', offset });
    const kept = readFileSync(cut?.quarantineFile ?? '');
    expect(kept.length).toBe(cut?.lengthBytes);
    expect(kept.equals(original.subarray(offset, offset + kept.length))).toBe(true);
    const segment = readFileSync(join(directory, 'segment-00000000000000000000.journal'));
    expect(segment.subarray(offset).every((byte) => byte === 0)).toBe(true);
  });
});

function event(sequenceNum: bigint): SequencerEvent {
  return new SequencerEvent({
    sequenceNum,
    timestampNs: 1n,
    command: { n: String(sequenceNum) },
    result: null,
  });
}

function segmentFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith('segment-'))
    .sort();
}

/** Appends the events of a golden journal, re-encoded, to a new journal with the same segment size. */
async function copyFresh(golden: GoldenCase, directory: string, options: object): Promise<void> {
  // Rust wrote the nil ULID, and 0.7 a match result that 0.12 refuses to read. A checking codec rejects both.
  const codec = orderBookCodec({ ids: 'any' });
  await using source = await FileJournal.openReadOnly({ directory: golden.directory, codec });
  await using target = await FileJournal.open({
    directory,
    segmentSizeBytes: golden.segmentSizeBytes,
    codec,
    ...options,
  });
  const appended: Promise<void>[] = [];
  for (const { event: decoded } of source.readFrom(0n)) {
    appended.push(target.append(new SequencerEvent({ ...decoded })));
  }
  await Promise.all(appended);
}
