/** Races between a projection, its store and the requests of the application. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { InMemoryCheckpointStore, Projection, type CheckpointStore } from '../../src/projections/index.js';
import { turns, until } from '../support/until.js';
import { pause, append, serve, follow, Seen, Sender, FlakyStore, TransactionalStore } from './seen.js';

describe('a wait for a projection', () => {
  it('resolves after the checkpoint is loaded at last', async () => {
    const journal = await InMemoryJournal.open();
    await append(journal, 5);
    const store = new FlakyStore();
    const before = await follow(journal, new Seen(), store);
    before.start();
    await before.waitFor('p');
    await before.drain();
    store.failLoads = 2;
    const after = await follow(journal, new Seen(), store);
    after.start();
    await after.waitFor('p');
    expect(after.status('p')).toMatchObject({ state: 'running', position: 4n, lastError: null, retries: 0 });
  });

  it('resolves after the checkpoint of a process manager is stored at last', async () => {
    const journal = await InMemoryJournal.open();
    const store = new FlakyStore();
    const sender = new Sender();
    const service = await follow(journal, sender, store, { maxRetries: 2 });
    service.start();
    for (let round = 0; round < 5; round += 1) {
      store.failSaves = 1;
      await append(journal, 1);
      await service.waitFor('p');
    }
    // Each entry succeeded, and each took an attempt.
    expect(service.status('p')).toMatchObject({
      state: 'running',
      checkpointPosition: 4n,
      lastError: null,
      retries: 0,
    });
    expect(sender.sent).toEqual(['p/0/0', 'p/1/0', 'p/2/0', 'p/3/0', 'p/4/0']);
  });

  it('resolves after a commit that seemed to fail and was carried out', async () => {
    const journal = await InMemoryJournal.open();
    const store = new TransactionalStore();
    const seen = new Seen();
    const service = await follow(journal, seen, store);
    service.start();
    await append(journal, 3);
    await service.waitFor('p');
    store.unsureCommits = 1;
    await append(journal, 1);
    await service.waitFor('p');
    expect(seen.seen).toEqual([0n, 1n, 2n, 3n]);
  });

  it('does not reject with a failure that a rebuild is about to overcome', async () => {
    const journal = await InMemoryJournal.open();
    await append(journal, 4);
    const seen = new Seen();
    seen.failAt = 2n;
    const service = await follow(journal, seen, new InMemoryCheckpointStore(), { maxRetries: 0 });
    service.start();
    await until(() => service.status('p').state === 'failed');
    seen.failAt = null;
    let letGo: () => void = () => undefined;
    seen.holdReset = new Promise((resolve) => (letGo = resolve));
    const rebuilt = service.rebuild('p');
    const waited = service.waitFor('p');
    await until(() => seen.isResetting);
    expect(service.status('p').state).toBe('catching-up');
    letGo();
    await Promise.all([rebuilt, waited]);
    expect(seen.seen).toEqual([0n, 1n, 2n, 3n]);
  });

  it('rejects with the failure if the rebuild is refused', async () => {
    const journal = await InMemoryJournal.open();
    await append(journal, 4);
    @Projection('p')
    class ForGood {
      handle(): void {
        throw new Error('cannot');
      }
    }
    const service = await follow(journal, new ForGood(), new InMemoryCheckpointStore(), { maxRetries: 0 });
    service.start();
    await until(() => service.status('p').state === 'failed');
    const refused = service.rebuild('p').catch((error: { code: string }) => error.code);
    const waited = service.waitFor('p').catch((error: unknown) => error);
    expect(await refused).toBe('JOURNAL_INVALID_ARGUMENT');
    expect(await waited).toMatchObject({
      code: 'JOURNAL_PROJECTION_FAILED',
      sequence: 0n,
      cause: { message: 'cannot' },
    });
  });

  it('does not take a stored checkpoint for a success of a failing handler', async () => {
    const journal = await InMemoryJournal.open();
    const store = new FlakyStore();
    const seen = new Seen();
    const service = await follow(journal, seen, store, { maxRetries: 3 });
    service.start();
    await append(journal, 2);
    await service.waitFor('p');
    store.failSaves = 2;
    seen.failAt = 3n;
    await append(journal, 2);
    await until(() => service.status('p').state === 'failed');
    expect(service.status('p')).toMatchObject({ position: 2n, checkpointPosition: 2n, retries: 3 });
    expect(service.status('p').lastError?.message).toBe('cannot take 3');
  });

  it('is refused after the journal is closed, and a rebuild then discards nothing', async () => {
    const journal = await InMemoryJournal.open();
    await append(journal, 3);
    const seen = new Seen();
    const store = new InMemoryCheckpointStore();
    const service = await follow(journal, seen, store);
    service.start();
    await service.waitFor('p');
    await journal.close();
    await until(() => service.status('p').state === 'stopped');
    await expect(service.rebuild('p')).rejects.toThrow('was stopped');
    await expect(service.waitFor('p', 3n)).rejects.toThrow('was stopped');
    expect(seen.seen).toEqual([0n, 1n, 2n]);
    expect(await store.load('p')).toMatchObject({ position: 2n });
  });
});

describe('a rebuild', () => {
  it('treats handled entries as history, although their checkpoint could not be stored', async () => {
    const journal = await InMemoryJournal.open();
    const store = new FlakyStore();
    const sender = new Sender();
    const service = await follow(journal, sender, store);
    service.start();
    await append(journal, 3);
    await service.waitFor('p');
    store.failSaves = Infinity;
    await append(journal, 1);
    await until(() => service.status('p').state === 'failed');
    store.failSaves = 0;
    await service.rebuild('p');
    expect(service.status('p')).toMatchObject({ historyEnd: 3n, position: 3n });
    expect(sender.sent).toEqual(['p/0/0', 'p/1/0', 'p/2/0', 'p/3/0']);
  });

  it('survives an onProgress that throws or rejects', async () => {
    const journal = await InMemoryJournal.open();
    await append(journal, 50);
    const seen = new Seen();
    const service = await follow(journal, seen, new InMemoryCheckpointStore(), { maxRetries: 0 });
    service.start();
    await service.waitFor('p');
    const failing = [
      () => {
        throw new Error('socket closed');
      },
      () => Promise.reject(new Error('socket closed')) as unknown as void,
    ];
    for (const onProgress of failing)
      expect(await service.rebuild('p', { onProgress })).toMatchObject({ position: 49n });
    expect(service.status('p')).toMatchObject({ state: 'running', lastError: null });
  });

  it('waits for a checkpoint that is being loaded, which does not undo it', async () => {
    const journal = await InMemoryJournal.open();
    const store = new InMemoryCheckpointStore();
    const before = await follow(journal, new Seen(), store);
    before.start();
    await append(journal, 5);
    await before.waitFor('p');
    await before.drain();
    let answer: () => void = () => undefined;
    const slow: CheckpointStore = {
      save: (name, checkpoint) => store.save(name, checkpoint),
      async load(name) {
        slow.load = (again) => store.load(again);
        const checkpoint = await store.load(name);
        await new Promise<void>((resolve) => (answer = resolve));
        return checkpoint;
      },
    };
    const seen = new Seen();
    const service = serve(journal, seen, slow);
    seen.onEntry = () => {
      answer();
      return pause(1);
    };
    const registered = service.register();
    const rebuilt = service.rebuild('p');
    await turns();
    answer();
    await Promise.all([registered, rebuilt]);
    expect(service.status('p')).toMatchObject({ historyEnd: 4n, position: 4n });
    expect(seen.seen).toEqual([0n, 1n, 2n, 3n, 4n]);
  });

  it('makes archiving keep everything from its call on, and waits for an archiving that runs', async () => {
    const journal = await InMemoryJournal.open();
    await append(journal, 10);
    const seen = new Seen();
    const service = await follow(journal, seen, new TransactionalStore());
    service.start();
    await service.waitFor('p');
    expect(service.hold.firstNeededSequence()).toBe(10n);
    let archived: () => void = () => undefined;
    const archiving = service.hold.whileArchiving(() => new Promise<void>((resolve) => (archived = resolve)));
    let letGo: () => void = () => undefined;
    seen.holdReset = new Promise((resolve) => (letGo = resolve));
    const rebuilt = service.rebuild('p');
    expect(service.hold.firstNeededSequence()).toBe(0n);
    await turns();
    expect(seen.isResetting).toBe(false);
    archived();
    await archiving;
    await until(() => seen.isResetting);
    expect(service.hold.firstNeededSequence()).toBe(0n);
    letGo();
    await rebuilt;
    expect(service.hold.firstNeededSequence()).toBe(10n);
  });
});

/** A promise, and the functions that settle it. */
function held(): { promise: Promise<void>; release: () => void; fail: (reason: Error) => void } {
  let release: () => void = () => undefined;
  let fail: (reason: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    release = resolve;
    fail = reject;
  });
  return { promise, release, fail };
}

describe('when the application stops, a projection', () => {
  it('handles what is left if it has just begun its next attempt after an error', async () => {
    const journal = await InMemoryJournal.open();
    const store = new TransactionalStore();
    const seen = new Seen();
    const service = await follow(journal, seen, store);
    service.start();
    await append(journal, 2);
    await service.waitFor('p');
    const loading = held();
    let isLoading = false;
    const load = store.load.bind(store);
    store.load = async (name) => {
      isLoading = true;
      await loading.promise;
      return load(name);
    };
    seen.failAt = 2n;
    await append(journal, 3);
    await until(() => isLoading);
    expect(service.status('p')).toMatchObject({ state: 'paused', lastError: { sequence: 2n } });
    seen.failAt = null;
    const drained = service.drain();
    await until(() => service.status('p').state === 'draining');
    loading.release();
    await drained;
    expect(seen.seen).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(service.status('p')).toMatchObject({ state: 'stopped', checkpointPosition: 4n, lastError: null });
  });

  it('does not try again while it waits after an error', async () => {
    const journal = await InMemoryJournal.open();
    const seen = new Seen();
    const service = await follow(journal, seen, new InMemoryCheckpointStore(), {
      initialDelayMs: 1_000_000,
      maxDelayMs: 1_000_000,
    });
    service.start();
    seen.failAt = 1n;
    await append(journal, 3);
    await until(() => service.status('p').nextRetryAt !== null);
    seen.failAt = null;
    await service.drain();
    expect(seen.seen).toEqual([0n]);
    expect(service.status('p')).toMatchObject({ state: 'stopped', checkpointPosition: 0n });
  });

  it('finishes its batch if it is about to pause', async () => {
    const journal = await InMemoryJournal.open();
    await append(journal, 5);
    const seen = new Seen();
    const entry = held();
    let isHandling = false;
    seen.onEntry = () => {
      isHandling = true;
      return entry.promise;
    };
    const service = await follow(journal, seen, new InMemoryCheckpointStore());
    service.start();
    await until(() => isHandling);
    const waited = service.waitFor('p', 4n);
    const paused = service.pause('p');
    const drained = service.drain();
    await until(() => service.status('p').state === 'draining');
    entry.release();
    await Promise.all([waited, paused, drained]);
    expect(seen.seen).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(service.status('p')).toMatchObject({ state: 'stopped', checkpointPosition: 4n });
  });

  it('shows that it failed if its reset() then fails', async () => {
    const journal = await InMemoryJournal.open();
    await append(journal, 3);
    const seen = new Seen();
    const service = await follow(journal, seen, new InMemoryCheckpointStore());
    service.start();
    await service.waitFor('p');
    const reset = held();
    seen.holdReset = reset.promise;
    const rebuilt = service.rebuild('p').catch((error: { code: string }) => error.code);
    await until(() => seen.isResetting);
    const waited = service.waitFor('p', 9n).catch((error: unknown) => error);
    const drained = service.drain();
    await until(() => service.status('p').state === 'draining');
    const noTable = new Error('no table');
    reset.fail(noTable);
    await drained;
    expect(await rebuilt).toBe('JOURNAL_PROJECTION_FAILED');
    expect(service.status('p')).toMatchObject({ state: 'failed', lastError: { message: 'no table' } });
    const stopped = {
      code: 'JOURNAL_PROJECTION_STOPPED',
      state: 'stopped',
      cause: noTable,
      message: 'projection p was stopped after an error: no table',
    };
    expect(await waited).toMatchObject(stopped);
    await expect(service.waitFor('p', 9n)).rejects.toMatchObject(stopped);
    await expect(service.rebuild('p')).rejects.toMatchObject(stopped);
  });
});

describe('a projection that gives up', () => {
  afterEach(() => Logger.overrideLogger(new Logger()));

  // An alert may resume it at once: within the log call, or shortly after it, before the loop has ended.
  it.each([0, 1, 2, 3, 4, 5])('can be resumed %i promise jobs after its error is logged', async (jobs) => {
    const journal = await InMemoryJournal.open();
    const seen = new Seen();
    const service = await follow(journal, seen, new InMemoryCheckpointStore(), { maxRetries: 0 });
    const repair = async (): Promise<void> => {
      for (let left = jobs; left > 0; left -= 1) await Promise.resolve();
      seen.failAt = null;
      service.resume('p');
    };
    Logger.overrideLogger({
      log: () => undefined,
      warn: () => undefined,
      error: () => void repair(),
    } satisfies LoggerService);
    seen.failAt = 0n;
    service.start();
    await append(journal, 2);
    await until(() => seen.failAt === null);
    await turns();
    expect(service.status('p')).toMatchObject({ state: 'running', position: 1n, lastError: null });
    expect(seen.seen).toEqual([0n, 1n]);
    await service.drain();
  });
});

describe.each([
  ['that store each step', () => new InMemoryCheckpointStore()],
  ['with a transactional store', () => new TransactionalStore()],
])('process managers %s', (_title, makeStore) => {
  it('finish their entry when the application stops, not the batch', async () => {
    const journal = await InMemoryJournal.open();
    const store = makeStore();
    const sender = new Sender();
    const first = await follow(journal, sender, store);
    await append(journal, 100);
    first.start();
    await until(() => sender.sent.length >= 3);
    const sent = sender.sent.length;
    await first.drain();
    expect(sender.sent).toHaveLength(sent);
    expect(first.status('p').position).toBe(BigInt(sent - 1));
    const second = await follow(journal, sender, store);
    second.start();
    await second.waitFor('p');
    expect(sender.sent).toEqual(Array.from({ length: 100 }, (_, index) => `p/${index}/0`));
  });
});

it('a process manager shows a success after each entry for which it sent commands', async () => {
  const journal = await InMemoryJournal.open();
  const sender = new Sender();
  const service = await follow(journal, sender, new InMemoryCheckpointStore());
  const second = held();
  let hasFailed = false;
  sender.send = async (_command, { idempotencyKey }) => {
    if (idempotencyKey === 'p/1/0') await second.promise;
    if (hasFailed) return;
    hasFailed = true;
    throw new Error('no connection');
  };
  await append(journal, 3);
  service.start();
  await until(() => service.status('p').checkpointPosition === 0n);
  await turns();
  expect(service.status('p')).toMatchObject({ position: 0n, lastError: null, retries: 0 });
  second.release();
  await service.waitFor('p');
  await service.drain();
});
