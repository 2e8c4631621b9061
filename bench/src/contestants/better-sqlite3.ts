import { join } from 'node:path';
import { EventSource } from '../harness/events.js';
import { batchLoop } from '../harness/loops.js';
import { loadContestant } from '../harness/project.js';
import type { Appender, Opening, Store } from './contestant.js';

export interface Statement {
  run(...parameters: unknown[]): unknown;
  get(...parameters: unknown[]): unknown;
  iterate(...parameters: unknown[]): IterableIterator<unknown>;
  pluck(): Statement;
}

export interface Database {
  pragma(text: string): unknown;
  exec(text: string): unknown;
  prepare(text: string): Statement;
  transaction<T>(body: (argument: T) => void): (argument: T) => void;
  close(): void;
}

type DatabaseClass = new (path: string) => Database;

/** WAL with synchronous=FULL syncs the log at every commit: a committed transaction is on the device. */
export async function openDatabase(directory: string): Promise<Database> {
  const { default: BetterSqlite3 } = await loadContestant<{ default: DatabaseClass }>('better-sqlite3');
  const database = new BetterSqlite3(join(directory, 'events.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY, payload TEXT NOT NULL)');
  return database;
}

function inserter(database: Database, source: EventSource): (count: number) => void {
  const insert = database.prepare('INSERT INTO events (sequence, payload) VALUES (?, ?)');
  return database.transaction((count: number) => {
    for (let i = 0; i < count; i += 1) {
      const event = source.plain();
      insert.run(event.sequence_num, JSON.stringify(event));
    }
  });
}

export const SQLITE = 'better-sqlite3';

export const sqliteAppender: Opening<Appender> = {
  name: SQLITE,
  async open(directory) {
    const database = await openDatabase(directory);
    const appendBatch = inserter(database, new EventSource());
    return {
      name: SQLITE,
      isFloor: false,
      supports: () => true,
      run: (inFlight, durationMs) => batchLoop(inFlight, durationMs, appendBatch),
      close: async () => database.close(),
    };
  },
};

export const sqliteStore: Opening<Store> = {
  name: SQLITE,
  async open(directory) {
    const database = await openDatabase(directory);
    const source = new EventSource();
    const insert = inserter(database, source);
    return {
      name: SQLITE,
      async fill(entries) {
        while (source.next < entries) insert(Math.min(20_000, entries - source.next));
        // Otherwise, every opening would read the log again.
        database.pragma('wal_checkpoint(TRUNCATE)');
      },
      async reopen() {
        const another = await openDatabase(directory);
        another.prepare('SELECT max(sequence) FROM events').pluck().get();
        another.close();
      },
      async readAll() {
        let count = 0;
        const rows = database
          .prepare('SELECT payload FROM events WHERE sequence >= ? ORDER BY sequence')
          .pluck();
        for (const text of rows.iterate(0)) {
          JSON.parse(text as string);
          count += 1;
        }
        return count;
      },
      async readOne(sequence) {
        const row = database
          .prepare('SELECT payload FROM events WHERE sequence >= ? ORDER BY sequence LIMIT 1')
          .pluck();
        return JSON.parse(row.get(sequence) as string);
      },
      close: async () => database.close(),
    };
  },
};
