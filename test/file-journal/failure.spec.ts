import { existsSync, readdirSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal, type FileSystem } from '../../src/file-journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { IoError, JournalError, JournalPoisonedError } from '../../src/journal/index.js';
import { ENGINE_VARIANTS } from '../support/engines.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns, until } from '../support/until.js';

const OPTIONS = { segmentSizeBytes: 4096 };
const SEGMENT = /segment-\d/;

async function opened(
  options: object = {},
): Promise<{ journal: FileJournal; disk: FaultyFileSystem; directory: string }> {
  const disk = new FaultyFileSystem();
  const directory = temporaryDirectory();
  const journal = await FileJournal.open({ directory, ...OPTIONS, fileSystem: disk.wrap, ...options });
  return { journal, disk, directory };
}

const SLEEP = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

async function failureOf(promise: Promise<unknown>): Promise<JournalError> {
  try {
    await promise;
  } catch (error) {
    if (JournalError.isJournalError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe.each(ENGINE_VARIANTS)('a failing device, $name', ({ options }) => {
  it('a failed sync rejects the append and all later ones, is reported, and is never retried', async () => {
    const { journal, disk, directory } = await opened(options);
    await journal.append(event(0));
    const reported: JournalError[] = [];
    journal.onPoisoned((failure) => reported.push(failure));
    disk.fail('sync', 'EIO', { times: 1 });
    const error = await failureOf(journal.append(event(1)));
    expect(error).toBeInstanceOf(JournalPoisonedError);
    expect(error).toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'unknown', cause: { osCode: 'EIO' } });
    const syncs = disk.count('sync', SEGMENT);
    const later = await failureOf(journal.append(event(1)));
    expect(later).toMatchObject({
      code: 'JOURNAL_POISONED',
      outcome: 'not-written',
      cause: { osCode: 'EIO' },
    });
    await expect(journal.flush()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    expect(journal.state).toBe('poisoned');
    expect(reported).toHaveLength(1);
    expect(journal.lastSequence).toBe(0n);
    expect([...journal.readFrom(0n)]).toHaveLength(1);
    await journal.close();
    expect(disk.count('sync', SEGMENT)).toBe(syncs);
    await using again = await FileJournal.open({ directory, ...OPTIONS, ...options });
    expect(again.lastSequence === 0n || again.lastSequence === 1n).toBe(true);
  });

  it('reports to each pending append whether it may exist after a restart', async () => {
    const { journal, disk } = await opened(options);
    const syncs = disk.count('sync', SEGMENT);
    const release = disk.hold('sync');
    disk.fail('sync', 'EIO', { path: SEGMENT, after: 1, times: 1 });
    const first = journal.append(event(0));
    await until(() => disk.count('sync', SEGMENT) > syncs);
    const inNextGroup = Promise.allSettled([journal.append(event(1)), journal.append(event(2))]);
    release();
    await first;
    for (const settled of await inNextGroup) {
      expect(settled).toMatchObject({
        status: 'rejected',
        reason: { code: 'JOURNAL_POISONED', outcome: 'unknown' },
      });
    }
    await journal.close();
  });

  it.each([
    ['sync', /prepared/],
    ['rename', /./],
    ['syncDirectory', /./],
  ] as const)(
    'a failed %s during rotation poisons, and acknowledged entries exist after a restart',
    async (operation, path) => {
      const { journal, disk, directory } = await opened(options);
      const acknowledged: bigint[] = [];
      disk.fail(operation, 'EIO', { path, after: operation === 'sync' ? 1 : 0 });
      let failure: JournalError | null = null;
      for (let sequence = 0n; failure === null && sequence < 100n; sequence += 1n) {
        await journal.append(event(sequence, 100)).then(
          () => acknowledged.push(sequence),
          (error: JournalError) => (failure = error),
        );
      }
      expect(failure).toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'unknown' });
      await journal.close();
      await using again = await FileJournal.open({ directory, ...OPTIONS, ...options });
      const stored = [...again.readFrom(0n)].map((entry) => entry.sequenceNum);
      expect(stored.slice(0, acknowledged.length)).toEqual(acknowledged);
      expect(stored.length - acknowledged.length).toBeLessThanOrEqual(1);
      expect((await again.verifyIntegrity()).ok).toBe(true);
    },
  );
});

it('a rotation acknowledges nothing if the sync of an archived name fails before its own', async () => {
  let isHeld = false;
  const held: ((error: Error) => void)[] = [];
  const { journal } = await opened({
    fileSystem: (real: FileSystem): FileSystem => ({
      ...real,
      syncDirectory: (fd, path) =>
        isHeld ? new Promise((_, reject) => held.push(reject)) : real.syncDirectory(fd, path),
    }),
  });
  await journal.appendBatch(events(0, 60, 200));
  isHeld = true;
  const isRenamed = (): boolean =>
    existsSync(join(journal.directory, 'segment-00000000000000000060.journal'));
  const archiving = failureOf(journal.archiveSegmentsBefore(20n));
  const rotating = failureOf(journal.append(event(60, 3_500)));
  await until(isRenamed);
  await turns();
  expect(held).toHaveLength(1);
  held[0]?.(new IoError('fsync', journal.directory, 'EIO'));
  expect(await archiving).toMatchObject({ code: 'JOURNAL_POISONED' });
  expect(await rotating).toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'unknown' });
  expect(held).toHaveLength(1);
  await journal.close();
});

describe('without disk space', () => {
  it('for a segment, the append is refused with nothing written, and the journal continues once there is space', async () => {
    const { journal, disk, directory } = await opened();
    disk.fail('allocate', 'ENOSPC', { path: /prepared/ });
    let refused: JournalError | null = null;
    let sequence = 0;
    while (refused === null) {
      refused = await journal.append(event(sequence, 700)).then(
        () => null,
        (error: JournalError) => error,
      );
      if (refused === null) sequence += 1;
    }
    expect(refused).toBeInstanceOf(IoError);
    expect(refused).toMatchObject({ code: 'JOURNAL_IO', osCode: 'ENOSPC', outcome: 'not-written' });
    expect(journal.state).toBe('open');
    expect(journal.nextSequence).toBe(BigInt(sequence));
    expect([...journal.readFrom(0n)]).toHaveLength(sequence);
    // Entries that still fit are stored, even if the rest of their group does not.
    const settled = await Promise.allSettled([
      journal.append(event(sequence)),
      journal.append(event(sequence + 1, 3000)),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    sequence += 1;
    disk.heal();
    await journal.append(event(sequence, 3000));
    expect(journal.lastSequence).toBe(BigInt(sequence));
    await journal.close();
    await using again = await FileJournal.open({ directory, ...OPTIONS });
    expect([...again.readFrom(0n)]).toHaveLength(sequence + 1);
  });

  it('for the segment of a batch, the batch is refused as a whole', async () => {
    const { journal, disk } = await opened();
    await journal.append(event(0, 100));
    disk.fail('allocate', 'ENOSPC', { path: /prepared/ });
    const error = await failureOf(journal.appendBatch(events(1, 10, 1000)));
    expect(error).toMatchObject({ code: 'JOURNAL_IO', osCode: 'ENOSPC', outcome: 'not-written' });
    expect(journal.nextSequence).toBe(1n);
    disk.heal();
    await journal.appendBatch(events(1, 10, 1000));
    expect(journal.lastSequence).toBe(9n);
    await journal.close();
  });

  it('for the end of a sparse file of another writer, appends are refused and reads work', async () => {
    const { journal, directory } = await opened();
    await journal.append(event(0));
    await journal.close();
    const disk = new FaultyFileSystem();
    disk.fail('allocate', 'ENOSPC', { times: 1 });
    await using again = await FileJournal.open({ directory, ...OPTIONS, fileSystem: disk.wrap });
    expect(await failureOf(again.append(event(1)))).toMatchObject({
      osCode: 'ENOSPC',
      outcome: 'not-written',
    });
    expect([...again.readFrom(0n)]).toHaveLength(1);
    await again.append(event(1));
    expect(again.lastSequence).toBe(1n);
  });

  it('the next segment is not attempted at every append', async () => {
    const { journal, disk } = await opened({ segmentSizeBytes: 1024 * 1024 });
    disk.fail('allocate', 'ENOSPC', { path: /prepared/ });
    const before = disk.count('allocate');
    for (const one of events(0, 900, 1000)) await journal.append(one);
    // At a half, three quarters, seven eighths …
    expect(disk.count('allocate') - before).toBeLessThanOrEqual(10);
    disk.heal();
    for (const one of events(900, 1100, 1000)) await journal.append(one);
    expect(journal.lastSequence).toBe(1099n);
    await journal.close();
  });

  it('a file system that cannot allocate gets zeros, 4 KiB at a time', async () => {
    const writes: { name: string; position: number; lengthBytes: number; isZero: boolean }[] = [];
    const withoutAllocation = (real: FileSystem): FileSystem => ({
      ...real,
      allocate: () => false,
      writeInBackground(fd, bytes, position, path) {
        const isZero = bytes.every((byte) => byte === 0);
        writes.push({ name: basename(path), position, lengthBytes: bytes.length, isZero });
        return real.writeInBackground(fd, bytes, position, path);
      },
    });
    const directory = temporaryDirectory();
    const sizeBytes = 64 * 1024 + 100;
    await using journal = await FileJournal.open({
      directory,
      segmentSizeBytes: sizeBytes,
      fileSystem: withoutAllocation,
    });
    expect(writes).toEqual(
      Array.from({ length: 17 }, (_, index) => ({
        name: 'next-segment.prepared',
        position: index * 4096,
        lengthBytes: index < 16 ? 4096 : 100,
        isZero: true,
      })),
    );
    await journal.append(event(0));
    expect(journal.lastSequence).toBe(0n);
  });
});

describe.each([
  ['a file journal', async () => (await opened()).journal],
  ['a journal in memory', () => InMemoryJournal.open()],
] as const)('an onPoisoned listener of %s', (_name, open) => {
  it('that throws or rejects becomes a warning, and stops neither the process nor other listeners', async () => {
    const journal = await open();
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const reported: string[] = [];
      journal.onPoisoned(() => {
        throw new Error('thrown');
      });
      journal.onPoisoned(async () => {
        await turns(1);
        throw new Error('rejected');
      });
      journal.onPoisoned(({ code }) => reported.push(code));
      journal.poison(new Error('enough'));
      expect(reported).toEqual(['JOURNAL_POISONED']);
      journal.onPoisoned(async () => {
        throw new Error('rejected late');
      });
      await until(() => warn.mock.calls.length >= 3);
      const warnings = warn.mock.calls.map(([warning]) => String(warning)).join();
      for (const said of ['thrown', 'rejected', 'rejected late'])
        expect(warnings).toContain(`Error: ${said}\n`);
    } finally {
      warn.mockRestore();
      await journal.close();
    }
  });
});

describe('async durability', () => {
  it('a failed sync of a rotation is not retried by the pending background sync', async () => {
    const syncs: string[] = [];
    let failing = false;
    const fileSystem = (real: FileSystem): FileSystem => ({
      ...real,
      async sync(fd, path) {
        if (!failing || !path.includes('segment-0')) return real.sync(fd, path);
        syncs.push(path);
        if (syncs.length > 1) return; // the kernel reports a lost page once
        await SLEEP(40);
        throw new IoError('fdatasync', path, 'EIO');
      },
    });
    const { journal } = await opened({ durability: 'async', syncIntervalMs: 10, fileSystem });
    await journal.appendBatch(events(0, 8, 200));
    await journal.flush();
    failing = true;
    await journal.append(event(8, 200));
    expect(await failureOf(journal.append(event(9, 3500)))).toMatchObject({ code: 'JOURNAL_POISONED' });
    await turns();
    expect(syncs).toHaveLength(1);
    expect(journal.durableSequence).toBe(7n);
    await journal.close();
  });

  it('nothing is written or acknowledged after a failed background sync', async () => {
    const { promise: writing, resolve: write } = signal();
    const { promise: failed, resolve: fail } = signal();
    const fileSystem = (real: FileSystem): FileSystem => ({
      ...real,
      async sync(fd, path) {
        if (!path.includes('segment-0')) return real.sync(fd, path);
        await writing;
        fail();
        throw new IoError('fdatasync', path, 'EIO');
      },
      async writeInBackground(fd, bytes, position, path) {
        write();
        await failed;
        await turns();
        return real.writeInBackground(fd, bytes, position, path);
      },
    });
    const { journal } = await opened({
      segmentSizeBytes: 16 * 1024 * 1024,
      durability: 'async',
      syncIntervalMs: 5,
      maxUnsyncedBytes: 2_000_000,
      fileSystem,
    });
    await journal.append(event(0));
    // Several steps of a background write each; the sync fails during the first.
    const settled = await Promise.allSettled(events(1, 3000, 3000).map((one) => journal.append(one)));
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    const outcomes = settled.map((one) => (one as PromiseRejectedResult).reason.outcome as string);
    const begun = outcomes.lastIndexOf('unknown') + 1;
    expect(begun).toBeGreaterThan(100);
    expect(begun).toBeLessThan(1000);
    expect(outcomes.slice(begun).every((outcome) => outcome === 'not-written')).toBe(true);
    expect(journal.lastSequence).toBe(0n);
    await journal.close();
  });

  it.each(['flush', 'close'] as const)('%s rejects as poisoned when its own sync fails', async (method) => {
    const { journal, disk } = await opened({ durability: 'async', syncIntervalMs: 60_000 });
    await journal.append(event(0));
    disk.fail('sync', 'EIO', { times: 1 });
    expect(await failureOf(journal[method]())).toMatchObject({
      code: 'JOURNAL_POISONED',
      cause: { osCode: 'EIO' },
    });
    await journal.close().catch(() => undefined);
  });

  it('flush makes stored entries durable even if an append is refused meanwhile', async () => {
    const { journal, disk } = await opened({ durability: 'async', syncIntervalMs: 60_000 });
    await journal.append(event(0));
    disk.fail('allocate', 'ENOSPC');
    const refused = failureOf(journal.append(event(1, 3900)));
    await journal.flush();
    expect(await refused).toMatchObject({ osCode: 'ENOSPC', outcome: 'not-written' });
    expect(journal.durableSequence).toBe(0n);
    disk.heal();
    await journal.close();
  });

  it('no checkpoint is written after close has released the lock', async () => {
    const { journal, disk } = await opened({ durability: 'async', syncIntervalMs: 60_000 });
    await journal.append(event(0));
    await journal.flush(); // a change for the checkpoint, which is stored within a second
    await journal.append(event(1));
    disk.fail('sync', 'EIO', { path: /segment/ });
    await failureOf(journal.close());
    const calls = disk.calls.length;
    await SLEEP(1_200);
    expect(disk.calls.slice(calls)).toEqual([]);
  });

  it('a failed background sync poisons: the next append and flush reject', async () => {
    const { journal, disk } = await opened({ durability: 'async', syncIntervalMs: 5 });
    disk.fail('sync', 'EIO', { times: 1 });
    const reported = new Promise<JournalError>((resolve) => journal.onPoisoned(resolve));
    await journal.append(event(0));
    expect(await reported).toMatchObject({ code: 'JOURNAL_POISONED', cause: { osCode: 'EIO' } });
    await expect(journal.append(event(1))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    await expect(journal.flush()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    expect(journal.durableSequence).toBeNull();
    await journal.close();
  });
});

describe('closing', () => {
  it.each(['segment-', 'journal.checkpoint'])('releases the lock when closing %s fails', async (name) => {
    const { journal, disk, directory } = await opened();
    await journal.append(event(0));
    disk.fail('closeFile', 'EIO', { path: new RegExp(name), times: 1 });
    await expect(journal.close()).rejects.toMatchObject({ osCode: 'EIO' });
    await using again = await FileJournal.open({ directory, ...OPTIONS, lockTimeoutMs: 0 });
    expect(again.lastSequence).toBe(0n);
  });

  it('waits until the names of archived segments are durable', async () => {
    const { journal, disk } = await opened();
    await journal.appendBatch(events(0, 60, 200));
    const release = disk.hold('syncDirectory');
    const archived = journal.archiveSegmentsBefore(50n);
    const closed = journal.close();
    await turns();
    release();
    expect(await archived).toBeGreaterThan(2);
    await closed;
  });
});

describe('failures of other parts', () => {
  it('the first append needs no further file descriptors', async () => {
    const { journal, disk } = await opened();
    disk.fail('openFile', 'EMFILE');
    await journal.append(event(0));
    expect(journal.firstAvailableSequence).toBe(0n);
    disk.heal();
    await journal.close();
  });

  it('poisoned by the application during a sync, the journal acknowledges and counts what the sync made durable', async () => {
    const { journal, disk } = await opened();
    const release = disk.hold('sync');
    const syncs = disk.count('sync', SEGMENT);
    const first = journal.append(event(0));
    await until(() => disk.count('sync', SEGMENT) > syncs);
    const second = failureOf(journal.append(event(1)));
    journal.poison(new Error('memory and journal disagree'));
    release();
    await first;
    expect(await second).toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'not-written' });
    expect(journal.lastSequence).toBe(0n);
    expect(journal.nextSequence).toBe(1n);
    await journal.close();
  });
});

it('a journal whose directory was replaced by a file closes all its files, with no error but a typed one', async () => {
  const parent = join(temporaryDirectory(), 'parent');
  const directory = join(parent, 'journal');
  const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
  await journal.appendBatch(events(0, 12, 200)); // the next segment is prepared
  await until(() => existsSync(join(directory, 'next-segment.prepared')));
  renameSync(parent, `${parent}-moved`);
  writeFileSync(parent, 'no directory');
  await journal.close().catch((error: { code?: string }) => expect(error.code).toMatch(/^JOURNAL_/));
  const open = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the listener of the test
    }
  });
  expect(open.filter((path) => path.startsWith(`${parent}-moved`))).toEqual([]);
});
