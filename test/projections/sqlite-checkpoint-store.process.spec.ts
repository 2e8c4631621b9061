import { describe, expect, it } from '@jest/globals';
import { SqliteCheckpointStore } from '../../src/projections/index.js';
import { SQLITE_DIRECTORY, WITHOUT_SQLITE, loadSqlite } from '../support/better-sqlite3.js';
import { CHECKPOINTS, itStoresCheckpoints } from './checkpoint-store-contract.js';

function sqlite(path = ':memory:') {
  return new (loadSqlite())(path);
}

(SQLITE_DIRECTORY === null ? describe.skip : describe)(`SqliteCheckpointStore${WITHOUT_SQLITE}`, () => {
  itStoresCheckpoints(() => new SqliteCheckpointStore({ connection: sqlite() }));

  it('commits the writes of a handler together with the checkpoint, or neither', async () => {
    const connection = sqlite();
    connection.exec('CREATE TABLE t (x INTEGER)');
    const store = new SqliteCheckpointStore({ connection });
    const count = (): unknown => connection.prepare('SELECT count(*) AS n FROM t').get();
    await store.transact(async (transaction) => {
      transaction.prepare('INSERT INTO t VALUES (?)').run(1);
      await store.saveIn(transaction, 'p', CHECKPOINTS[1]);
    });
    const failing = store.transact(async (transaction) => {
      transaction.prepare('INSERT INTO t VALUES (?)').run(2);
      await store.saveIn(transaction, 'p', CHECKPOINTS[2]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(count()).toEqual({ n: 1 });
    expect(await store.load('p')).toEqual(CHECKPOINTS[1]);
  });

  it('runs one transaction after another', async () => {
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

  it('refuses a value that is not a connection, and an invalid table name', () => {
    expect(() => new SqliteCheckpointStore({ connection: {} as never })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option: 'connection' }),
    );
    expect(() => new SqliteCheckpointStore({ connection: sqlite(), table: 'a; DROP' })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option: 'table' }),
    );
  });
});
