/**
 * A group commit that an application with SQLite can write itself: the requests of one turn of the event loop
 * share a transaction, and therefore a sync.
 */
import { setImmediate } from 'node:timers';
import type { Database, Statement } from '../contestants/better-sqlite3.js';

interface Insert {
  readonly sequence: number;
  readonly payload: string;
}

interface Pending extends Insert {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The commit blocks the event loop. More rows than this would block it for too long at a time. */
const MAX_ROWS = 1_000;
/** Beyond this number, the queue refuses the caller. */
const MAX_PENDING = 100_000;

export class SqliteGroupCommit {
  private pending: Pending[] = [];
  private isScheduled = false;
  private isClosed = false;
  private readonly statement: Statement;
  private readonly insertAll: (rows: readonly Pending[]) => void;

  constructor(private readonly database: Database) {
    this.statement = database.prepare('INSERT INTO events (sequence, payload) VALUES (?, ?)');
    this.insertAll = database.transaction((rows: readonly Pending[]) => {
      for (const { sequence, payload } of rows) this.statement.run(sequence, payload);
    });
  }

  /** Resolves when the row is on the device. */
  insert({ sequence, payload }: Insert): Promise<void> {
    if (this.isClosed) return Promise.reject(new Error('the queue is closed'));
    if (this.pending.length >= MAX_PENDING) return Promise.reject(new Error('too many pending inserts'));
    return new Promise<void>((resolve, reject) => {
      this.pending.push({ sequence, payload, resolve, reject });
      this.schedule();
    });
  }

  /** Stores the pending rows, and closes the database. */
  close(): void {
    this.isClosed = true;
    while (this.pending.length > 0) this.commit();
    this.database.close();
  }

  /** Runs after all sockets of this turn have been read. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.commit();
      if (this.pending.length > 0) this.schedule();
    });
  }

  private commit(): void {
    const rows = this.pending.splice(0, MAX_ROWS);
    if (rows.length === 0) return;
    try {
      this.insertAll(rows);
    } catch (error) {
      this.settleOneByOne(rows, error);
      return;
    }
    for (const { resolve } of rows) resolve();
  }

  /** One bad row must not fail the requests that shared its transaction. */
  private settleOneByOne(rows: readonly Pending[], error: unknown): void {
    if (rows.length === 1) {
      rows[0]?.reject(error);
      return;
    }
    for (const row of rows) {
      try {
        this.insertAll([row]);
        row.resolve();
      } catch (cause) {
        row.reject(cause);
      }
    }
  }
}
