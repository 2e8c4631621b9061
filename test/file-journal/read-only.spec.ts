import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { READER_VARIANTS } from '../support/engines.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe.each(READER_VARIANTS)('openReadOnly beside a live writer, $name', ({ options }) => {
  it('follows rotation and archiving by the writer', async () => {
    const directory = temporaryDirectory();
    await using writer = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    await using viewer = await FileJournal.openReadOnly({ directory, ...options });
    expect(viewer.lastSequence).toBeNull();
    expect(viewer.firstAvailableSequence).toBeNull();
    for (const one of events(0, 100, 200)) {
      await writer.append(one);
      expect(viewer.lastSequence).toBe(one.sequenceNum);
    }
    const started = viewer.readFrom(0n)[Symbol.iterator]();
    expect(started.next().value?.sequenceNum).toBe(0n);
    expect(await writer.archiveSegmentsBefore(50n)).toBeGreaterThan(2);
    const first = viewer.firstAvailableSequence as bigint;
    expect(first).toBeGreaterThan(30n);
    expect(first).toBeLessThanOrEqual(50n);
    expect([...viewer.readFrom(0n)][0]?.sequenceNum).toBe(first);
    // An earlier iteration keeps its entries.
    let seen = 1;
    for (let step = started.next(); step.done !== true; step = started.next()) seen += 1;
    expect(seen).toBe(100);
  });

  it('writes nothing, takes no lock, creates no file', async () => {
    const directory = temporaryDirectory();
    {
      await using writer = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
      await writer.appendBatch(events(0, 5));
    }
    const before = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mtimeMs]);
    const disk = new FaultyFileSystem();
    await using viewer = await FileJournal.openReadOnly({ directory, fileSystem: disk.wrap, ...options });
    await using writer = await FileJournal.open({ directory, segmentSizeBytes: 4096, lockTimeoutMs: 0 });
    expect([...viewer.readFrom(0n)]).toHaveLength(5);
    await viewer.verifyIntegrity();
    expect(writer.lastSequence).toBe(4n);
    await viewer.close();
    for (const operation of [
      'write',
      'writeInBackground',
      'sync',
      'syncNow',
      'rename',
      'unlink',
      'makeDirectory',
      'tryLockExclusive',
      'allocate',
    ] as const) {
      expect({ operation, count: disk.count(operation) }).toEqual({ operation, count: 0 });
    }
    expect(readdirSync(directory).filter((name) => name.startsWith('segment-'))).toHaveLength(1);
    expect(before).toHaveLength(2);
  });

  it('keeps payloads valid after it was closed', async () => {
    const directory = temporaryDirectory();
    await using writer = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    await writer.append(event(0));
    const viewer = await FileJournal.openReadOnly({ directory, ...options });
    const [entry] = viewer.readFrom(0n);
    await viewer.close();
    expect(Buffer.from(entry?.payload ?? []).toString()).toContain('"sequence_num":0');
    expect(entry?.event.sequenceNum).toBe(0n);
    expect(() => viewer.readFrom(0n)).toThrow(expect.objectContaining({ code: 'JOURNAL_CLOSED' }));
  });
});

describe('openReadOnly', () => {
  it.each(READER_VARIANTS)(
    'follows a writer that cut entries the viewer had read, $name',
    async ({ options }) => {
      const directory = temporaryDirectory();
      const path = join(directory, 'segment-00000000000000000000.journal');
      {
        await using writer = await FileJournal.open({ directory, segmentSizeBytes: 65_536 });
        await writer.appendBatch(events(0, 10));
      }
      await using viewer = await FileJournal.openReadOnly({ directory, ...options });
      expect(viewer.lastSequence).toBe(9n);
      const { length } = new Uint8Array([...viewer.readFrom(0n)][9]?.payload ?? []);
      const fd = openSync(path, 'r+');
      writeSync(fd, Buffer.from('#'), 0, 1, 5 * (length + 24) + 40);
      closeSync(fd);
      await using writer = await FileJournal.open({ directory, segmentSizeBytes: 65_536, repair: 'cut' });
      expect(viewer.lastSequence).toBe(4n);
      await writer.appendBatch(events(5, 30, 77));
      expect(viewer.lastSequence).toBe(29n);
      expect([...viewer.readFrom(0n)]).toHaveLength(30);
    },
  );

  it('can be polled any number of times while the journal is empty', async () => {
    const directory = temporaryDirectory();
    await using writer = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    const disk = new FaultyFileSystem();
    await using viewer = await FileJournal.openReadOnly({ directory, fileSystem: disk.wrap });
    for (let round = 0; round < 100; round += 1) expect(viewer.lastSequence).toBeNull();
    expect(disk.count('map')).toBe(1);
    await writer.append(event(0));
    expect(viewer.lastSequence).toBe(0n);
  });

  it('does not create a missing directory', async () => {
    const directory = join(temporaryDirectory(), 'missing');
    await expect(FileJournal.openReadOnly({ directory })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
  });

  it('refuses a directory with the name of a segment', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'segment-00000000000000000000.journal'));
    await expect(FileJournal.openReadOnly({ directory })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
    const linked = temporaryDirectory();
    writeFileSync(join(linked, 'elsewhere'), '');
    symlinkSync('elsewhere', join(linked, 'segment-00000000000000000000.journal'));
    await expect(FileJournal.openReadOnly({ directory: linked })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
  });

  it('ignores other files', async () => {
    const directory = temporaryDirectory();
    for (const name of [
      'notes.txt',
      'segment-1.journal',
      'segment-99999999999999999999.journal',
      'segment-00000000000000000000.journal.archived',
    ]) {
      writeFileSync(join(directory, name), 'whatever');
    }
    await using viewer = await FileJournal.openReadOnly({ directory });
    expect(viewer.lastSequence).toBeNull();
    expect([...viewer.readFrom(0n)]).toEqual([]);
  });
});
