import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { IoError, JournalError, JournalPoisonedError } from '../../src/journal/index.js';
import { ENGINE_VARIANTS } from '../support/engines.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const OPTIONS = { segmentSizeBytes: 4096 };

async function opened(
  options: object = {},
): Promise<{ journal: FileJournal; disk: FaultyFileSystem; directory: string }> {
  const disk = new FaultyFileSystem();
  const directory = temporaryDirectory();
  const journal = await FileJournal.open({ directory, ...OPTIONS, fileSystem: disk.wrap, ...options });
  return { journal, disk, directory };
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
  it('a failed sync rejects the append and every later one, is told, and is never retried', async () => {
    const { journal, disk, directory } = await opened(options);
    await journal.append(event(0));
    const told: JournalError[] = [];
    journal.onPoisoned((failure) => told.push(failure));
    disk.fail('sync', 'EIO', { times: 1 });
    const error = await failureOf(journal.append(event(1)));
    expect(error).toBeInstanceOf(JournalPoisonedError);
    expect(error).toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'unknown', cause: { osCode: 'EIO' } });
    const syncs = disk.count('sync');
    const later = await failureOf(journal.append(event(1)));
    expect(later).toMatchObject({
      code: 'JOURNAL_POISONED',
      outcome: 'not-written',
      cause: { osCode: 'EIO' },
    });
    await expect(journal.flush()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    expect(journal.state).toBe('poisoned');
    expect(told).toHaveLength(1);
    expect(journal.lastSequence).toBe(0n);
    expect([...journal.readFrom(0n)]).toHaveLength(1);
    await journal.close();
    expect(disk.count('sync')).toBe(syncs);
    await using again = await FileJournal.open({ directory, ...OPTIONS, ...options });
    expect(again.lastSequence === 0n || again.lastSequence === 1n).toBe(true);
  });

  it('says of each waiting append whether it may be there after a restart', async () => {
    const { journal, disk } = await opened(options);
    const release = disk.hold('sync');
    disk.fail('sync', 'EIO', { after: 1, times: 1 });
    const first = journal.append(event(0));
    await new Promise((resolve) => setTimeout(resolve, 10));
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
    'a failed %s during rotation poisons, and everything acknowledged is there after a restart',
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

describe('no space', () => {
  it('for a segment: the append is refused with nothing written, and goes on once there is space', async () => {
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
    // What still fits is stored, also out of a group that does not.
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

  it('a batch that does not get its segment is refused as a whole', async () => {
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

  it('at the tail of a file another writer left sparse: refused, still readable', async () => {
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

  it('where the file system cannot allocate, zeros are written', async () => {
    const disk = new FaultyFileSystem();
    const wrap: typeof disk.wrap = (real) => ({ ...disk.wrap(real), allocate: () => false });
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({
      directory,
      segmentSizeBytes: 64 * 1024,
      fileSystem: wrap,
    });
    expect(disk.count('writeInBackground')).toBeGreaterThanOrEqual(16);
    await journal.append(event(0));
    expect(journal.lastSequence).toBe(0n);
  });
});

describe('async durability', () => {
  it('a failed background sync poisons: the next append and flush reject', async () => {
    const { journal, disk } = await opened({ durability: 'async', syncIntervalMs: 5 });
    disk.fail('sync', 'EIO', { times: 1 });
    const told = new Promise<JournalError>((resolve) => journal.onPoisoned(resolve));
    await journal.append(event(0));
    expect(await told).toMatchObject({ code: 'JOURNAL_POISONED', cause: { osCode: 'EIO' } });
    await expect(journal.append(event(1))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    await expect(journal.flush()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    expect(journal.durableSequence).toBeNull();
    await journal.close();
  });
});
