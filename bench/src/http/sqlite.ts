import { openDatabase } from '../contestants/better-sqlite3.js';
import type { HttpContestant } from './contestant.js';
import { SqliteGroupCommit } from './sqlite-group-commit.js';
import { Rows, storing } from './stored-deposits.js';

export const SQLITE_EACH = 'better-sqlite3, insert per request';
export const SQLITE_GROUPS = 'better-sqlite3, group commit';

/** The few lines of most applications: a blocking insert, and therefore a sync, in the handler. */
export const sqlitePerRequest: HttpContestant = {
  name: SQLITE_EACH,
  needsPostgres: false,
  async open({ directory }) {
    const database = await openDatabase(directory);
    const insert = database.prepare('INSERT INTO events (sequence, payload) VALUES (?, ?)');
    const rows = new Rows();
    return {
      module: storing({
        deposit(deposit) {
          const { sequence, payload, answer } = rows.of(deposit);
          insert.run(sequence, payload);
          return answer;
        },
        close: () => database.close(),
      }),
    };
  },
};

export const sqliteGroupCommit: HttpContestant = {
  name: SQLITE_GROUPS,
  needsPostgres: false,
  async open({ directory }) {
    const queue = new SqliteGroupCommit(await openDatabase(directory));
    const rows = new Rows();
    return {
      module: storing({
        async deposit(deposit) {
          const row = rows.of(deposit);
          await queue.insert(row);
          return row.answer;
        },
        close: () => queue.close(),
      }),
    };
  },
};
