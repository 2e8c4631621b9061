/** `close` releases all files at once: the process has none open or mapped. */
import { readFileSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import type { ReadError } from '../../src/journal/index.js';
import { ENGINE_VARIANTS } from '../support/engines.js';
import { event, events } from '../support/events.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const OPTIONS = { segmentSizeBytes: 64 * 1024, lockTimeoutMs: 0 } as const;
const LARGE = { segmentSizeBytes: 16 * 1024 * 1024, lockTimeoutMs: 0 } as const;

/** Lines of /proc/self/maps and descriptors that name a file below `directory`. */
function heldFiles(directory: string): string[] {
  const mapped = readFileSync('/proc/self/maps', 'utf8').split('\n');
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(join('/proc/self/fd', fd));
    } catch {
      return ''; // closed meanwhile
    }
  });
  return [...mapped, ...open].filter((line) => line.includes(directory));
}

const isLinux = process.platform === 'linux';
const describeOnLinux = isLinux ? describe : describe.skip;
/** Part of the title of skipped tests. */
const SKIPPED = isLinux ? '' : ' (skipped: needs /proc of Linux)';

describeOnLinux.each(ENGINE_VARIANTS)(`a closed journal ($name)${SKIPPED}`, ({ options }) => {
  it.each([
    ['small', OPTIONS, 2_000, 100],
    ['large', LARGE, 300, 4_000],
  ])('of %s segments holds no file, whatever the application keeps', async (_what, sizes, count, padding) => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, ...sizes, ...options });
    await journal.appendBatch(events(0, count, padding));
    const kept = [...journal.readFrom(0n)];
    const decoded = kept.map(({ event: decodedEvent }) => decodedEvent);
    const paused = journal.readFrom(0n)[Symbol.iterator]();
    paused.next();
    const before = kept.map(({ payload }) => Buffer.from(payload).toString());
    expect(heldFiles(directory)).not.toEqual([]);

    await journal.close();

    expect(heldFiles(directory)).toEqual([]);
    expect(kept.map(({ payload }) => Buffer.from(payload).toString())).toEqual(before);
    expect(() => paused.next()).toThrow(expect.objectContaining({ code: 'JOURNAL_CLOSED' }));
    // An unmodified decoded event is written with its own bytes, even after its journal is closed.
    await using copy = await FileJournal.open({ directory: temporaryDirectory(), ...sizes, ...options });
    await copy.appendBatch(decoded);
    expect([...copy.readFrom(0n)].map(({ payload }) => Buffer.from(payload).toString())).toEqual(before);
  });

  it('ends a running verification', async () => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, ...LARGE, ...options });
    await journal.appendBatch(events(0, 5_000, 100));
    const verified = journal.verifyIntegrity().catch((error: unknown) => error);
    await journal.close();
    expect(heldFiles(directory)).toEqual([]);
    expect(await verified).toMatchObject({ code: 'JOURNAL_CLOSED' });
  });

  it('of a reader beside the writer holds no file either', async () => {
    const directory = temporaryDirectory();
    const { reader, mapper } = options;
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS, ...options });
      await journal.appendBatch(events(0, 2_000, 100));
    }
    const viewer = await FileJournal.openReadOnly({ directory, reader, mapper });
    expect(viewer.lastSequence).toBe(1_999n);
    const paused = viewer.readFrom(5n)[Symbol.iterator]();
    const first = paused.next().value as { payload: Uint8Array };
    const text = Buffer.from(first.payload).toString();
    await viewer.close();
    expect(heldFiles(directory)).toEqual([]);
    expect(Buffer.from(first.payload).toString()).toBe(text);
  });

  it('by a damage callback returns no further entry and no further damage', async () => {
    const directory = temporaryDirectory();
    const { reader, mapper } = options;
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS, ...options });
      await journal.appendBatch(events(1, 3));
    }
    const names = ['segment-00000000000000000000.journal', 'segment-00000000000000000005.journal'] as const;
    renameSync(join(directory, names[0]), join(directory, names[1]));
    const viewer = await FileJournal.openReadOnly({ directory, reader, mapper });
    const codes: string[] = [];
    const onCorrupt = ({ code }: ReadError): void => {
      codes.push(code);
      void viewer.close();
    };
    expect(() => [...viewer.readFrom(0n, { onCorrupt })]).toThrow(
      expect.objectContaining({ code: 'JOURNAL_CLOSED' }),
    );
    expect(codes).toEqual(['JOURNAL_INVALID_ENTRY_HEADER']);
  });
});

describeOnLinux.each(ENGINE_VARIANTS)(`an open journal ($name)${SKIPPED}`, ({ options }) => {
  it('keeps one block of memory for a payload, or the whole entry if that is larger', async () => {
    const KIB = 1024;
    const blockBytes = (options.reader === 'positioned' ? 256 : 64) * KIB;
    await using journal = await FileJournal.open({ directory: temporaryDirectory(), ...LARGE, ...options });
    await journal.appendBatch([...events(0, 3_000, 200), event(3_000, 600 * KIB)]);
    const held = [...journal.readFrom(0n)].map(({ payload }) => payload.buffer.byteLength);
    const one = held.pop();
    expect(Math.max(...held)).toBeLessThanOrEqual(blockBytes);
    expect(one).toBeGreaterThan(600 * KIB);
    expect(one).toBeLessThan(700 * KIB);
  });

  it('maps few of its segments, however many were read', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({
      directory,
      ...options,
      segmentSizeBytes: 4096,
      durability: 'async',
    });
    await journal.appendBatch(events(0, 3_000, 800));
    const segments = readdirSync(directory).filter((name) => name.startsWith('segment-')).length;
    expect(segments).toBeGreaterThan(600);
    const linesBefore = readFileSync('/proc/self/maps', 'utf8').split('\n').length;
    let most = 0;
    let count = 0;
    for (const { payload } of journal.readFrom(0n)) {
      expect(payload.length).toBeGreaterThan(800);
      count += 1;
      if (count % 500 === 0) most = Math.max(most, heldFiles(directory).length);
    }
    expect(count).toBe(3_000);
    expect(most).toBeLessThan(32);
    expect(readFileSync('/proc/self/maps', 'utf8').split('\n').length - linesBefore).toBeLessThan(
      segments / 2,
    );
  });

  it('releases a segment that was archived and deleted once its readers end', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, ...OPTIONS, ...options });
    await journal.appendBatch(events(0, 2_000, 100));
    const reading = journal.readFrom(0n)[Symbol.iterator]();
    reading.next();
    expect(await journal.archiveSegmentsBefore(1_500n)).toBeGreaterThan(1);
    const archived = readdirSync(directory).filter((name) => name.endsWith('.archived'));
    for (const name of archived) rmSync(join(directory, name));
    let last = 0n;
    for (let next = reading.next(); next.done !== true; next = reading.next()) last = next.value.sequenceNum;
    expect(last).toBe(1_999n);
    expect(heldFiles(directory).filter((line) => line.includes('deleted'))).toEqual([]);
    await journal.append(event(2_000));
  });

  it('releases it for an abandoned reader as well', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, ...OPTIONS, ...options });
    await journal.appendBatch(events(0, 2_000, 100));
    (() => journal.readFrom(0n)[Symbol.iterator]().next())();
    expect(await journal.archiveSegmentsBefore(1_500n)).toBeGreaterThan(1);
    const archived = readdirSync(directory).filter((name) => name.endsWith('.archived'));
    for (const name of archived) rmSync(join(directory, name));
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    await until(() => {
      collectGarbage();
      return heldFiles(directory).every((line) => !line.includes('deleted'));
    });
    await journal.append(event(2_000));
  });
});
