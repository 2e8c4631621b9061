import {
  assertOptionNames,
  objectOption,
  option,
  required,
  resolveOptionTable,
  type OptionsOf,
  type RequiredOptionsOf,
} from '../common/index.js';
import type { Checkpoint, TransactionalCheckpointStore } from './checkpoint.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.js';

/**
 * A SQLite connection as the store uses it: `Database` of better-sqlite3 or `DatabaseSync` of node:sqlite.
 * @publicApi
 */
export interface SqliteConnection {
  /** Runs statements without parameters. */
  exec(sql: string): unknown;
  /** Prepares one statement. */
  prepare(sql: string): {
    run(...values: unknown[]): unknown;
    get(...values: unknown[]): unknown;
  };
}

// A function, because the connection has the type of the driver.
function optionTable<TConnection extends SqliteConnection>() {
  return {
    /**
     * A connection for the projections only: other writes on it would become part of their transactions.
     * Readers need their own connection.
     */
    connection: required(
      objectOption<TConnection>('a SQLite connection with exec() and prepare()', ['exec', 'prepare']),
    ),
    /** Name of the table; created if missing. @default 'projection_checkpoints' */
    table: option('a name of letters, digits and underscores', isTableName, 'projection_checkpoints'),
  };
}

type Options<TConnection extends SqliteConnection> = ReturnType<typeof optionTable<TConnection>>;

/**
 * Options of {@link SqliteCheckpointStore}.
 * @publicApi
 */
export interface SqliteCheckpointStoreOptions<TConnection extends SqliteConnection>
  extends RequiredOptionsOf<Options<TConnection>>, OptionsOf<Options<TConnection>> {}

/**
 * Stores checkpoints in the SQLite database of the read model. Handlers get the connection as
 * `context.transaction`, within the transaction that also stores the checkpoint. The application installs the
 * driver; this package depends on none.
 *
 * A crash of the machine may undo the last transactions (`PRAGMA synchronous = NORMAL`). Read model and
 * checkpoint then return to the same earlier state, and the entries are handled again.
 *
 * @example
 * new SqliteCheckpointStore({ connection: new Database('read-model.sqlite') }); // better-sqlite3
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option
 * @publicApi
 */
export class SqliteCheckpointStore<
  TConnection extends SqliteConnection = SqliteConnection,
> implements TransactionalCheckpointStore<TConnection> {
  private readonly connection: TConnection;
  private readonly table: string;
  /** The last transaction. A connection can run only one at a time. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(options: SqliteCheckpointStoreOptions<TConnection>) {
    const known = optionTable<TConnection>();
    assertOptionNames(options, Object.keys(known), ' of SqliteCheckpointStore');
    const { connection, table } = resolveOptionTable<Options<TConnection>>(known, options);
    this.connection = connection;
    this.table = table;
    connection.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (projection TEXT PRIMARY KEY, checkpoint TEXT NOT NULL) WITHOUT ROWID`,
    );
  }

  load(projection: string): Promise<Checkpoint | null> {
    return this.inTurn(async () => {
      const row = this.connection
        .prepare(`SELECT checkpoint FROM ${this.table} WHERE projection = ?`)
        .get(projection) as { checkpoint: string } | undefined;
      return row === undefined
        ? null
        : decodeCheckpoint(projection, row.checkpoint, `its row in ${this.table}`);
    });
  }

  save(projection: string, checkpoint: Checkpoint): Promise<void> {
    return this.inTurn(async () => this.saveIn(this.connection, projection, checkpoint));
  }

  saveIn(connection: TConnection, projection: string, checkpoint: Checkpoint): void {
    connection
      .prepare(
        `INSERT INTO ${this.table} (projection, checkpoint) VALUES (?, ?) ` +
          'ON CONFLICT (projection) DO UPDATE SET checkpoint = excluded.checkpoint',
      )
      .run(projection, encodeCheckpoint(projection, checkpoint));
  }

  transact(work: (connection: TConnection) => Promise<void>): Promise<void> {
    return this.inTurn(async () => {
      this.connection.exec('BEGIN IMMEDIATE');
      try {
        await work(this.connection);
        this.connection.exec('COMMIT');
      } catch (error) {
        this.rollBack();
        throw error;
      }
    });
  }

  /** SQLite may have rolled back already. The error of ROLLBACK must not replace the original error. */
  private rollBack(): void {
    try {
      this.connection.exec('ROLLBACK');
    } catch {
      return;
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }
}

function isTableName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value);
}
