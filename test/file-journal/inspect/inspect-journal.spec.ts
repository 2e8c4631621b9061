/** What an inspection shows of a directory, and what it does not pretend to know. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  FileJournal,
  inspectJournal,
  type FileSystem,
  type JournalInspection,
} from '../../../src/file-journal/index.js';
import { events } from '../../support/events.js';
import { makeFifo } from '../../support/fifo.js';
import { GOLDEN_VERSIONS, goldenCases } from '../../support/golden.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import {
  change,
  CHECKPOINT,
  closedJournal,
  liveSegments,
  newestSegment,
  OPTIONS,
  SEGMENT_BYTES,
  stateOf,
} from './damages.js';

const codesOf = ({ findings }: JournalInspection): string[] =>
  findings.map(({ severity, code }) => `${severity} ${code}`);

describe('an inspection of an intact journal', () => {
  it('shows every segment with its range, sizes and times', async () => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await journal.appendBatch(events(0, 400, 100));
      await journal.archiveSegmentsBefore(100);
      await journal.compressArchived();
      await journal.archiveSegmentsBefore(200);
    }
    const before = stateOf(directory);
    const inspection = await inspectJournal({ directory });
    expect(stateOf(directory)).toEqual(before);

    await using reader = await FileJournal.openReadOnly({ directory });
    const stored = [...reader.readFrom(0n, { includeArchived: true })];
    const bySegment = new Map<string, typeof stored>();
    for (const entry of stored) {
      const segment = entry.location?.segment ?? '';
      bySegment.set(segment, [...(bySegment.get(segment) ?? []), entry]);
    }
    const names = inspection.segments.map(({ name }) => name.replace(/\.gz$/, ''));
    expect(names).toEqual([...bySegment.keys()]);
    const states = inspection.segments.map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['compressed', 'archived', 'sealed', 'active']));
    expect(states.indexOf('active')).toBe(states.length - 1);
    for (const [index, segment] of inspection.segments.entries()) {
      const entries = bySegment.get(names[index] as string) ?? [];
      const [first, last] = [entries[0], entries.at(-1)];
      expect(segment).toMatchObject({
        firstSequence: first?.sequenceNum,
        lastSequence: last?.sequenceNum,
        entries: BigInt(entries.length),
        firstTimestampNs: first?.timestampNs,
        lastTimestampNs: last?.timestampNs,
        sizeBytes: statSync(join(directory, segment.name)).size,
        lastSequenceFrom: 'entry',
        fault: null,
      });
      // One entry per nanosecond.
      expect(segment.entriesPerSecond).toBeCloseTo(1e9);
      expect(segment.dataBytes).toBeGreaterThan(SEGMENT_BYTES / 10);
    }
    expect(inspection).toMatchObject({
      directory,
      isOurs: true,
      writer: null,
      lastSequence: 399n,
      durableSequence: 399n,
      findings: [],
    });
    expect(inspection.firstSequence).toBe(reader.firstAvailableSequence);
    expect(inspection.usage.freeBytes).toBeGreaterThan(0);
  });

  it('does not show the end of a large segment without an index', async () => {
    const directory = temporaryDirectory();
    const options = { directory, segmentSizeBytes: 6 * 1024 * 1024 };
    {
      await using journal = await FileJournal.open(options);
      await journal.appendBatch(events(0, 1_500, 6_000));
    }
    const isIndex = (name: string): boolean => name.endsWith('.sparse');
    expect((await inspectJournal({ directory })).segments[0]).toMatchObject({ lastSequenceFrom: 'entry' });
    for (const name of readdirSync(directory).filter(isIndex)) rmSync(join(directory, name));
    const { segments } = await inspectJournal({ directory });
    expect(segments[0]).toMatchObject({
      state: 'sealed',
      firstSequence: 0n,
      lastSequence: (segments[1]?.startSequence ?? 0n) - 1n,
      lastSequenceFrom: 'next-segment',
      lastTimestampNs: null,
      dataBytes: null,
      entriesPerSecond: null,
    });
    expect(readdirSync(directory).filter(isIndex)).toEqual([]);
  });

  it('shows the writer and takes no lock', async () => {
    const directory = await closedJournal();
    await using _writer = await FileJournal.open({ directory, ...OPTIONS });
    const { writer, findings } = await inspectJournal({ directory });
    if (process.platform === 'linux') expect(writer).toMatchObject({ pid: process.pid });
    expect(findings).toEqual([]);
  });

  it('works in a directory without write permission', async () => {
    const directory = await closedJournal();
    chmodSync(directory, 0o500);
    try {
      expect((await inspectJournal({ directory })).findings).toEqual([]);
    } finally {
      chmodSync(directory, 0o700);
    }
  });
});

describe.each(GOLDEN_VERSIONS)('an inspection of the journals of orderbook-rs %s', (version) => {
  const cases = goldenCases(version).map((golden) => [golden.name, golden] as const);

  it.each(cases)('shows what the crate reads (%s)', async (name, golden) => {
    const before = stateOf(golden.directory);
    const inspection = await inspectJournal({ directory: golden.directory });
    expect(stateOf(golden.directory)).toEqual(before);
    const isDamaged = name === 'corrupt-middle' || name.startsWith('torn-');
    expect(inspection.findings.some(({ severity }) => severity === 'damage')).toBe(isDamaged);
    expect(inspection.isOurs).toBe(false);
    if (isDamaged) return;
    const live = inspection.segments.filter(({ state }) => state === 'sealed' || state === 'active');
    expect(live.reduce((total, { entries }) => total + (entries ?? 0n), 0n)).toBe(
      BigInt(golden.entries.length),
    );
    expect(inspection.firstSequence).toBe(golden.entries[0]?.sequence ?? null);
    expect(inspection.lastSequence).toBe(golden.entries.at(-1)?.sequence ?? null);
  });
});

describe('an inspection finds', () => {
  it('damage in a sealed segment that it happens to read, and says that no cut repairs it', async () => {
    const directory = await closedJournal();
    const sealed = liveSegments(directory)[1] as string;
    change(directory, sealed, (bytes) => bytes.writeUInt8(0xff, 40));
    const { findings } = await inspectJournal({ directory });
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'damage',
        code: 'corruption',
        file: sealed,
        offset: 0,
        action: expect.stringContaining('cannot be repaired by cutting'),
      }),
    ]);
  });

  it('a missing segment', async () => {
    const directory = await closedJournal();
    const [, missing] = liveSegments(directory) as [string, string];
    rmSync(join(directory, missing));
    const inspection = await inspectJournal({ directory });
    expect(codesOf(inspection)).toEqual(['damage missing-segment']);
    expect(inspection.findings[0]?.message).toContain(`sequences ${BigInt(missing.slice(8, 28))} to `);
  });

  it('that the newest segment is missing', async () => {
    const directory = await closedJournal();
    rmSync(join(directory, newestSegment(directory)));
    const inspection = await inspectJournal({ directory });
    expect(codesOf(inspection)).toEqual(['damage missing-segment']);
    expect(inspection.findings[0]?.message).toContain('up to sequence 199, which were acknowledged');
  });

  it('segments of two histories', async () => {
    const directory = await closedJournal();
    const other = await closedJournal(150);
    const [, second] = liveSegments(directory) as [string, string];
    const wrong = `segment-${String(Number(second.slice(8, 28)) - 3).padStart(20, '0')}.journal`;
    renameSync(join(other, second), join(directory, wrong));
    expect(codesOf(await inspectJournal({ directory }))).toContain('damage overlap');
  });

  it('missing archived segments', async () => {
    const directory = await closedJournal();
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      expect(await journal.archiveSegmentsBefore(199)).toBeGreaterThan(1);
    }
    const archived = readdirSync(directory).filter((name) => name.endsWith('.archived'));
    rmSync(join(directory, archived[1] as string));
    expect(codesOf(await inspectJournal({ directory }))).toEqual(['warning archive-gap']);
  });

  it('that only archived segments are left', async () => {
    const directory = await closedJournal();
    for (const name of liveSegments(directory))
      renameSync(join(directory, name), join(directory, `${name}.archived`));
    rmSync(join(directory, CHECKPOINT));
    expect(codesOf(await inspectJournal({ directory }))).toEqual(['damage missing-segment']);
  });

  it.each([
    ['a FIFO', (path: string) => makeFifo(path)],
    ['a symbolic link', (path: string) => symlinkSync('/etc/passwd', path)],
    ['a directory', (path: string) => mkdirSync(path)],
  ])('%s in the place of a file', async (_kind, place) => {
    const directory = await closedJournal();
    const names = [liveSegments(directory)[1] as string, CHECKPOINT, 'next-segment.prepared'];
    for (const name of names) {
      rmSync(join(directory, name), { force: true });
      place(join(directory, name));
    }
    const { findings } = await inspectJournal({ directory });
    const files = findings
      .filter(({ code }) => code === 'not-a-file')
      .map(({ file, severity }) => [severity, file]);
    expect(files).toEqual([
      ['damage', CHECKPOINT],
      ['warning', 'next-segment.prepared'],
      ['damage', names[0]],
    ]);
  });

  it('what an earlier writer left, and what recovery kept', async () => {
    const directory = await closedJournal();
    const kept = 'quarantine-segment-00000000000000000000-at-10-0badcafe.bin';
    for (const name of ['next-segment.prepared', 'archived-segment.compressing', kept])
      writeFileSync(join(directory, name), 'x');
    expect(codesOf(await inspectJournal({ directory }))).toEqual([
      'note leftover',
      'note leftover',
      'note quarantine',
    ]);
    await using _writer = await FileJournal.open({ directory, ...OPTIONS });
    expect(existsSync(join(directory, kept))).toBe(true);
  });

  it('that the next segment does not fit on the disk', async () => {
    const directory = temporaryDirectory();
    const huge = join(directory, 'segment-00000000000000000000.journal');
    writeFileSync(huge, '');
    const { usage } = await inspectJournal({ directory });
    // A sparse file: nothing is stored.
    truncateSync(huge, usage.freeBytes * 2);
    expect(codesOf(await inspectJournal({ directory }))).toEqual(['warning low-disk-space']);
  });
});

describe('an inspection refuses', () => {
  it.each([
    ['a directory without a journal', (): string => temporaryDirectory()],
    ['a directory that does not exist', (): string => join(temporaryDirectory(), 'missing')],
    [
      'a file',
      (): string => {
        const path = join(temporaryDirectory(), 'file');
        writeFileSync(path, '');
        return path;
      },
    ],
  ])('%s', async (_what, make) => {
    await expect(inspectJournal({ directory: make() })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
  });
});

it('does not take a segment for missing that a writer renames while it lists', async () => {
  const directory = temporaryDirectory();
  {
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    await journal.appendBatch(events(0, 400, 100));
  }
  const sealed = readdirSync(directory)
    .filter((name) => name.endsWith('.journal'))
    .slice(1, -1);
  const moving = sealed.slice(3);
  let listings = 0;
  const fileSystem = (real: FileSystem): FileSystem => ({
    ...real,
    list(path) {
      const hidden = moving[(listings += 1) % moving.length];
      return real.list(path).filter(({ name }) => name !== hidden);
    },
  });
  expect((await inspectJournal({ directory, fileSystem })).findings).toEqual([]);
  // One that stays away is missing.
  rmSync(join(directory, sealed[0] as string));
  const { findings } = await inspectJournal({ directory, fileSystem });
  expect(findings).toMatchObject([{ severity: 'damage', code: 'missing-segment' }]);
});
