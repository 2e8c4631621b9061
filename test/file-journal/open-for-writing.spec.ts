import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal, type FileJournalOptions } from '../../src/file-journal/index.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { makeFifo } from '../support/fifo.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Runs as another user for a while, because root may write anywhere. */
async function asOtherUser(run: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('options', () => {
  it.each<[string, object]>([
    ['directory', { directory: '' }],
    ['directory', { directory: undefined }],
    ['directory', { directory: 7 }],
    ['directory', { directory: 'a\0b' }],
    ['segmentSizeBytes', { segmentSizeBytes: 4095 }],
    ['segmentSizeBytes', { segmentSizeBytes: 2 ** 32 + 1 }],
    ['segmentSizeBytes', { segmentSizeBytes: 4096.5 }],
    ['segmentSizeBytes', { segmentSizeBytes: '4096' }],
    ['segmentSizeBytes', { segmentSizeBytes: 2 ** 31, mapper: 'mmap-io' }],
    ['durability', { durability: 'eventually' }],
    ['syncIntervalMs', { syncIntervalMs: 0 }],
    ['syncIntervalMs', { syncIntervalMs: Number.NaN }],
    ['maxUnsyncedBytes', { maxUnsyncedBytes: 1 }],
    ['writer', { writer: 'fast' }],
    ['reader', { reader: null }],
    ['mapper', { mapper: 'mmap' }],
    ['codec', { codec: {} }],
    ['codec', { codec: 'json' }],
    ['lockTimeoutMs', { lockTimeoutMs: -1 }],
    ['repair', { repair: true }],
    ['segmentSize', { segmentSize: 4096 }],
  ])('%s: %j is refused by name, and nothing is made', async (option, options) => {
    const parent = temporaryDirectory();
    const given = { directory: join(parent, 'journal'), ...options } as FileJournalOptions;
    await expect(FileJournal.open(given)).rejects.toMatchObject({ code: 'JOURNAL_INVALID_OPTION', option });
    expect(readdirSync(parent)).toEqual([]);
  });

  it('are required', async () => {
    await expect(FileJournal.open(undefined as unknown as FileJournalOptions)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option: 'options',
    });
  });
});

describe('the directory', () => {
  it('is created with its parents', async () => {
    const directory = join(temporaryDirectory(), 'a', 'b', 'c');
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    expect(journal.directory).toBe(directory);
    expect(journal.recovery).toMatchObject({ outcome: 'created', lastSequence: null, cut: null });
    expect(readdirSync(directory).sort()).toEqual([
      'journal.checkpoint',
      'segment-00000000000000000000.journal',
    ]);
  });

  it('and all created parents are durable before anything is stored', async () => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'a', 'b');
    const disk = new FaultyFileSystem();
    await using journal = await FileJournal.open({
      directory,
      segmentSizeBytes: 4096,
      fileSystem: disk.wrap,
    });
    const names = disk.calls.filter(({ operation }) => /^(makeDirectory|syncDirectory)$/.test(operation));
    expect(names.slice(1).map(({ operation, path }) => [operation, path])).toEqual([
      ['makeDirectory', join(parent, 'a')],
      ['syncDirectory', parent],
      ['makeDirectory', directory],
      ['syncDirectory', join(parent, 'a')],
      ['syncDirectory', directory],
    ]);
    expect(journal.recovery.outcome).toBe('created');
  });

  it('may lie in a parent that cannot be read', async () => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'journal');
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    chmodSync(parent, 0o711);
    await asOtherUser(async () => {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
      await journal.append(event(0));
      expect(journal.durableSequence).toBe(0n);
    });
  });

  it.each([
    ['a file', (parent: string) => writeFileSync(join(parent, 'journal'), ''), 'journal'],
    ['below a file', (parent: string) => writeFileSync(join(parent, 'file'), ''), 'file/journal'],
  ])('that is %s is refused', async (_what, prepare, name) => {
    const parent = temporaryDirectory();
    prepare(parent);
    await expect(FileJournal.open({ directory: join(parent, name) })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
  });

  it('that cannot be written is refused', async () => {
    const parent = temporaryDirectory();
    chmodSync(parent, 0o555);
    await asOtherUser(async () => {
      await expect(FileJournal.open({ directory: join(parent, 'journal') })).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_DIRECTORY',
        cause: { osCode: 'EACCES' },
      });
    });
    expect(readdirSync(parent)).toEqual([]);
  });

  it('that exists and cannot be written is refused, and nothing is changed', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    await asOtherUser(async () => {
      await expect(FileJournal.open({ directory, segmentSizeBytes: 4096 })).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_DIRECTORY',
        path: directory,
        reason: expect.stringMatching(
          /^permission denied: open of next-segment\.prepared \(EACCES\); .+ user \d+$/,
        ),
        cause: { code: 'JOURNAL_IO', osCode: 'EACCES' },
      });
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('with a journal of another user is refused with the name of the file, and nothing is changed', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    await (await FileJournal.open({ directory, segmentSizeBytes: 4096 })).close();
    const before = readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]);
    const segment = 'segment-00000000000000000000.journal';
    for (const [name] of before) chmodSync(join(directory, name as string), 0o644);
    await asOtherUser(async () => {
      await expect(FileJournal.open({ directory, segmentSizeBytes: 4096 })).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_DIRECTORY',
        cause: { osCode: 'EACCES' },
      });
    });
    chmodSync(join(directory, segment), 0o600);
    await asOtherUser(async () => {
      await expect(FileJournal.open({ directory, segmentSizeBytes: 4096 })).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_DIRECTORY',
        reason: expect.stringContaining('EACCES'),
      });
    });
    expect(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))])).toEqual(before);
  });

  it('that cannot be read is refused to viewers, too', async () => {
    const directory = temporaryDirectory();
    await (await FileJournal.open({ directory, segmentSizeBytes: 4096 })).close();
    chmodSync(directory, 0o300);
    await asOtherUser(async () => {
      const refused = { code: 'JOURNAL_INVALID_DIRECTORY', path: directory };
      await expect(FileJournal.open({ directory })).rejects.toMatchObject(refused);
      await expect(FileJournal.openReadOnly({ directory })).rejects.toMatchObject(refused);
    });
    chmodSync(directory, 0o700);
  });

  it('that the kernel makes read-only is refused, even for root', async () => {
    await expect(FileJournal.open({ directory: '/proc/journal' })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
  });

  it('with a subdirectory named like a segment is refused, and nothing is changed', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'segment-00000000000000000000.journal'));
    await expect(FileJournal.open({ directory })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
    expect(readdirSync(directory)).toEqual(['segment-00000000000000000000.journal']);
  });
});

describe('one writer', () => {
  it('excludes a second one in the same process', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    await expect(FileJournal.open({ directory, lockTimeoutMs: 0 })).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
    });
    await journal.append(event(0));
  });

  it('excludes a second one through a symbolic link', async () => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'real');
    symlinkSync('real', join(parent, 'link'));
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    await expect(
      FileJournal.open({ directory: join(parent, 'link'), lockTimeoutMs: 0 }),
    ).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
    });
    expect(journal.state).toBe('open');
  });

  it('releases the lock when opening fails', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'segment-00000000000000000000.journal'));
    await expect(FileJournal.open({ directory })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
    await expect(FileJournal.open({ directory, lockTimeoutMs: 0 })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
  });
});

describe('reopening', () => {
  it('makes names durable that an earlier process may have left unsynced', async () => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'journal');
    await (await FileJournal.open({ directory, segmentSizeBytes: 4096 })).close();
    const disk = new FaultyFileSystem();
    await using journal = await FileJournal.open({ directory, fileSystem: disk.wrap });
    const synced = disk.calls.filter(({ operation }) => operation === 'syncDirectory');
    expect(synced.map(({ path }) => path)).toEqual([parent, directory]);
    expect(journal.recovery.outcome).toBe('clean');
  });

  it('reports a FIFO in place of the checkpoint, and does not block', async () => {
    const directory = temporaryDirectory();
    makeFifo(join(directory, 'journal.checkpoint'));
    await expect(FileJournal.open({ directory, segmentSizeBytes: 4096 })).rejects.toMatchObject({
      code: 'JOURNAL_IO',
    });
  });

  it('continues where it stopped, even with another segment size', async () => {
    const directory = temporaryDirectory();
    for (const [round, segmentSizeBytes] of [4096, 8192, 65_536, 4096].entries()) {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes });
      expect(journal.lastSequence).toBe(round === 0 ? null : BigInt(round * 40 - 1));
      await journal.appendBatch(events(round * 40, (round + 1) * 40, 100));
    }
    await using journal = await FileJournal.open({ directory });
    expect([...journal.readFrom(0n)].map((entry) => Number(entry.sequenceNum))).toEqual(
      Array.from({ length: 160 }, (_, index) => index),
    );
    expect(await journal.verifyIntegrity()).toMatchObject({
      ok: true,
      entries: 160n,
      firstSequence: 0n,
      lastSequence: 159n,
    });
  });

  it('is refused when the segment in the checkpoint is missing', async () => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
      await journal.appendBatch(events(0, 60, 200));
    }
    const newest = readdirSync(directory)
      .filter((name) => name.startsWith('segment-'))
      .sort()
      .at(-1) as string;
    rmSync(join(directory, newest));
    await expect(FileJournal.open({ directory })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_DIRECTORY',
    });
    rmSync(join(directory, 'journal.checkpoint'));
    await using journal = await FileJournal.open({ directory });
    expect(journal.recovery.outcome).toBe('clean');
  });
});
