/** Races between a projection, its store, archiving and the requests of the application. */
import { Module } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent, type Journal, type JournalEntry } from '../../src/journal/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import { getJournalToken, type FileJournalModuleOptions } from '../../src/nest/index.js';
import {
  InMemoryCheckpointStore,
  ProcessManager,
  Projection,
  ProjectionsService,
  type Checkpoint,
  type CheckpointStore,
  type ProjectionRetryOptions,
  type TransactionalCheckpointStore,
} from '../../src/projections/index.js';
import {
  getProjectionMetadata,
  type ProjectionMetadata,
} from '../../src/projections/projection.decorator.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { FileJournal } from '../../src/file-journal/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns, until } from '../support/until.js';
import { bootWith } from './apps.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function append(journal: Journal, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    const sequenceNum = journal.nextSequence ?? 0n;
    await journal.append(
      new SequencerEvent({ sequenceNum, timestampNs: 1n, command: { Add: 1 }, result: null }),
    );
  }
}

function serve(
  journal: Journal,
  instance: object,
  checkpointStore: CheckpointStore,
  retry: ProjectionRetryOptions = {},
): ProjectionsService {
  const service = new ProjectionsService(journal, {
    checkpointStore,
    retry: { initialDelayMs: 1, maxDelayMs: 2, maxRetries: 5, ...retry },
    progressIntervalMs: 1,
  });
  const metadata = getProjectionMetadata(instance.constructor as never) as ProjectionMetadata;
  service.add({ metadata, instance });
  return service;
}

async function follow(...parts: Parameters<typeof serve>): Promise<ProjectionsService> {
  const service = serve(...parts);
  await service.register();
  return service;
}

@Projection('p', { checkpointIntervalMs: 0 })
class Seen {
  seen: bigint[] = [];
  failAt: bigint | null = null;
  holdReset: Promise<void> | null = null;
  isResetting = false;
  onEntry: () => unknown = () => undefined;
  async handle({ sequenceNum }: JournalEntry): Promise<void> {
    if (sequenceNum === this.failAt) throw new Error(`cannot take ${sequenceNum}`);
    await this.onEntry();
    this.seen.push(sequenceNum);
  }
  async reset(): Promise<void> {
    this.isResetting = true;
    await this.holdReset;
    this.seen = [];
    this.isResetting = false;
  }
}

@ProcessManager('p')
class Sender {
  sent: string[] = [];
  handle({ sequenceNum }: JournalEntry): object {
    return { Done: Number(sequenceNum) };
  }
  async send(_command: unknown, { idempotencyKey }: { idempotencyKey: string }): Promise<void> {
    this.sent.push(idempotencyKey);
    await pause(1);
  }
  reset(): void {}
}

/** A store in memory that fails as often as the test says. */
class FlakyStore implements CheckpointStore {
  readonly memory = new InMemoryCheckpointStore();
  failLoads = 0;
  failSaves = 0;
  load(name: string): Promise<Checkpoint | null> {
    if (this.failLoads > 0) {
      this.failLoads -= 1;
      return Promise.reject(new Error('cannot load'));
    }
    return this.memory.load(name);
  }
  save(name: string, checkpoint: Checkpoint): Promise<void> {
    if (this.failSaves > 0) {
      this.failSaves -= 1;
      return Promise.reject(new Error('cannot save'));
    }
    return this.memory.save(name, checkpoint);
  }
}

class TransactionalStore extends FlakyStore implements TransactionalCheckpointStore<object> {
  /** Number of commits that succeed and are reported as failed. */
  unsureCommits = 0;
  async transact(work: (transaction: object) => Promise<void>): Promise<void> {
    await work({});
    if (this.unsureCommits === 0) return;
    this.unsureCommits -= 1;
    throw new Error('connection lost');
  }
  saveIn(_transaction: object, name: string, checkpoint: Checkpoint): Promise<void> {
    return this.memory.save(name, checkpoint);
  }
}

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

describe('archiving', () => {
  class Counter {
    total = 0;
    execute({ Add }: { Add: number }): number {
      this.total += Add;
      return this.total;
    }
    snapshot(): number {
      return this.total;
    }
    restore(total: number): void {
      this.total = total;
    }
  }

  const options = (directory: string, snapshots = {}): FileJournalModuleOptions => ({
    directory,
    segmentSizeBytes: 4096,
    archiveCompression: 'none',
    snapshots,
    projections: { retry: { maxRetries: 0 } },
  });

  it('at boot keeps what projections have not handled, however slow the start is', async () => {
    const directory = temporaryDirectory();
    const before = await bootWith(options(directory), [Seen], [], Counter);
    before.app.get(Seen).failAt = 10n;
    const sequencer = before.app.get(Sequencer);
    await Promise.all(Array.from({ length: 300 }, () => sequencer.submit({ Add: 1 })));
    await until(() => before.projections.status('p').state === 'failed');
    await before.app.close();

    let archivedEarly: number | null = null;
    @Module({
      providers: [
        {
          provide: 'SLOW',
          inject: [SnapshotManager],
          async useFactory(snapshots: SnapshotManager) {
            await snapshots.take();
            archivedEarly = await snapshots.archiveCovered();
            await pause(50);
          },
        },
      ],
    })
    class Slow {}
    const { app, projections } = await bootWith(
      options(directory, { everyEvents: 100, archive: true }),
      [Seen],
      [Slow],
      Counter,
    );
    await projections.waitFor('p');
    expect(archivedEarly).toBe(0);
    expect(app.get(Seen).seen).toEqual(Array.from({ length: 290 }, (_, index) => BigInt(index + 10)));
    const journal = app.get<FileJournal>(getJournalToken());
    const again = app.get(Sequencer);
    await Promise.all(Array.from({ length: 100 }, () => again.submit({ Add: 1 })));
    await until(() => (journal.firstAvailableSequence ?? 0n) > 0n);
  });

  it('and a rebuild at the same time exclude each other, and nothing is lost', async () => {
    const directory = temporaryDirectory();
    const { app, projections } = await bootWith(options(directory), [Seen], [], Counter);
    const sequencer = app.get(Sequencer);
    await Promise.all(Array.from({ length: 300 }, () => sequencer.submit({ Add: 1 })));
    await projections.waitFor('p');
    await projections.pause('p');
    projections.resume('p');
    const snapshots = app.get(SnapshotManager);
    await snapshots.take();
    const archived = snapshots.archiveCovered();
    await expect(projections.rebuild('p')).rejects.toMatchObject({ code: 'JOURNAL_REPLAY_GAP' });
    expect(await archived).toBeGreaterThan(0);
    expect(app.get(Seen).seen).toHaveLength(300);
    expect(projections.status('p').state).not.toBe('failed');
  });

  it('during a rebuild keeps everything', async () => {
    const directory = temporaryDirectory();
    const { app, projections } = await bootWith(options(directory), [Seen], [], Counter);
    const sequencer = app.get(Sequencer);
    await Promise.all(Array.from({ length: 300 }, () => sequencer.submit({ Add: 1 })));
    await projections.waitFor('p');
    const snapshots = app.get(SnapshotManager);
    await snapshots.take();
    const rebuilt = projections.rebuild('p');
    expect(await snapshots.archiveCovered()).toBe(0);
    await rebuilt;
    expect(app.get(Seen).seen).toHaveLength(300);
  });
});
