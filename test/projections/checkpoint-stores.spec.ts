import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  FileCheckpointStore,
  InMemoryCheckpointStore,
  SqliteCheckpointStore,
  type Checkpoint,
  type CheckpointStore,
} from '../../src/projections/index.js';
import { SQLITE_DIRECTORY, WITHOUT_SQLITE, loadSqlite } from '../support/better-sqlite3.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const MAX = 2n ** 64n - 1n;
const CHECKPOINTS: Checkpoint[] = [
  { position: null, entryCrc: null, historyEnd: null, isResetting: false },
  { position: 0n, entryCrc: 0, historyEnd: 0n, isResetting: false },
  { position: MAX, entryCrc: 0xffff_ffff, historyEnd: MAX - 1n, isResetting: true },
];

function sqlite(path = ':memory:') {
  return new (loadSqlite())(path);
}

const stores: [string, () => CheckpointStore][] = [
  ['InMemoryCheckpointStore', () => new InMemoryCheckpointStore()],
  ['FileCheckpointStore', () => new FileCheckpointStore({ directory: join(temporaryDirectory(), 'a/b') })],
  ...(SQLITE_DIRECTORY === null
    ? []
    : ([['SqliteCheckpointStore', () => new SqliteCheckpointStore({ connection: sqlite() })]] as [
        string,
        () => CheckpointStore,
      ][])),
];

describe.each(stores)('%s', (_, create) => {
  it('knows nothing of a projection until a checkpoint is saved, and then the last one', async () => {
    const store = create();
    expect(await store.load('balances')).toBeNull();
    for (const checkpoint of CHECKPOINTS) {
      await store.save('balances', checkpoint);
      expect(await store.load('balances')).toEqual(checkpoint);
    }
    expect(await store.load('others')).toBeNull();
  });

  it('keeps names apart, whatever they look like, and saves in the order of the calls', async () => {
    const store = create();
    const names = ['a', 'A', '../a', 'ü/%2e', 'a b', "a';--"];
    await Promise.all(
      names.map((name, index) =>
        store.save(name, { ...(CHECKPOINTS[1] as Checkpoint), position: BigInt(index) }),
      ),
    );
    await Promise.all(
      Array.from({ length: 20 }, (_, position) =>
        store.save('a', { ...(CHECKPOINTS[1] as Checkpoint), position: BigInt(position) }),
      ),
    );
    const positions = await Promise.all(names.map(async (name) => (await store.load(name))?.position));
    expect(positions).toEqual([19n, 1n, 2n, 3n, 4n, 5n]);
  });
});

describe('FileCheckpointStore', () => {
  it('survives what a crash leaves, and refuses what is damaged or belongs to another projection', async () => {
    const directory = temporaryDirectory();
    const store = new FileCheckpointStore({ directory });
    await store.save('p', CHECKPOINTS[1] as Checkpoint);
    const path = join(directory, 'projection-p.checkpoint');
    writeFileSync(`${path}.tmp`, 'half of a check');
    expect(await new FileCheckpointStore({ directory }).load('p')).toEqual(CHECKPOINTS[1]);
    const intact = readFileSync(path, 'utf8');
    for (let length = 0; length < intact.length; length += 1) {
      writeFileSync(path, intact.slice(0, length));
      await expect(store.load('p')).rejects.toMatchObject({ code: 'JOURNAL_PROJECTION_CHECKPOINT' });
    }
    for (let at = 0; at < intact.length; at += 1) {
      const bytes = Buffer.from(intact);
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(path, bytes);
      await expect(store.load('p')).rejects.toMatchObject({ code: 'JOURNAL_PROJECTION_CHECKPOINT' });
    }
    writeFileSync(join(directory, 'projection-q.checkpoint'), intact);
    await expect(store.load('q')).rejects.toThrow('belongs to p');
    await store.save('p', CHECKPOINTS[2] as Checkpoint);
    expect(readdirSync(directory).sort()).toEqual(['projection-p.checkpoint', 'projection-q.checkpoint']);
  });

  it('refuses a directory that is none', () => {
    expect(() => new FileCheckpointStore({ directory: '' })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION' }),
    );
  });
});

(SQLITE_DIRECTORY === null ? describe.skip : describe)(`SqliteCheckpointStore${WITHOUT_SQLITE}`, () => {
  it('commits what a handler wrote together with the checkpoint, or neither', async () => {
    const connection = sqlite();
    connection.exec('CREATE TABLE t (x INTEGER)');
    const store = new SqliteCheckpointStore({ connection });
    const count = (): unknown => connection.prepare('SELECT count(*) AS n FROM t').get();
    await store.transact(async (transaction) => {
      transaction.prepare('INSERT INTO t VALUES (?)').run(1);
      await store.saveIn(transaction, 'p', CHECKPOINTS[1] as Checkpoint);
    });
    const failing = store.transact(async (transaction) => {
      transaction.prepare('INSERT INTO t VALUES (?)').run(2);
      await store.saveIn(transaction, 'p', CHECKPOINTS[2] as Checkpoint);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(count()).toEqual({ n: 1 });
    expect(await store.load('p')).toEqual(CHECKPOINTS[1]);
  });

  it('gives one transaction after the other', async () => {
    const connection = sqlite();
    const store = new SqliteCheckpointStore({ connection });
    let open = 0;
    const overlaps = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        let overlapped = false;
        await store.transact(async () => {
          open += 1;
          await new Promise((resolve) => setImmediate(resolve));
          overlapped = open > 1;
          open -= 1;
          if (index % 3 === 0) return;
        });
        return overlapped;
      }),
    );
    expect(overlaps).toEqual(Array.from({ length: 10 }, () => false));
  });

  it('refuses what is no connection, and a table that is no name', () => {
    expect(() => new SqliteCheckpointStore({ connection: {} as never })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option: 'connection' }),
    );
    expect(() => new SqliteCheckpointStore({ connection: sqlite(), table: 'a; DROP' })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option: 'table' }),
    );
  });
});
