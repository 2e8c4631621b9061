/** PostgreSQL: the table of the other peers, through `pg`, and the event store of emmett. */
import { loadContestant } from '../harness/project.js';
import type { HttpContestant, PostgresAddress } from './contestant.js';
import { Balances, nowNs } from './deposits.js';
import { Rows, storing } from './stored-deposits.js';

export const POSTGRES = 'PostgreSQL, insert per request';
export const EMMETT = 'emmett on PostgreSQL';

/** Twice the default of pg: more commits share a sync. */
const POOL_SIZE = 20;

interface Query {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

interface Pool {
  query(query: Query): Promise<unknown>;
  end(): Promise<void>;
}

interface Pg {
  readonly default: { readonly Pool: new (options: PostgresAddress & { max: number }) => Pool };
}

async function openPool(address: PostgresAddress | undefined): Promise<Pool> {
  if (address === undefined) throw new Error('there is no PostgreSQL');
  const { default: pg } = await loadContestant<Pg>('pg');
  return new pg.Pool({ ...address, max: POOL_SIZE });
}

export const postgresPerRequest: HttpContestant = {
  name: POSTGRES,
  needsPostgres: true,
  async open({ postgres }) {
    const pool = await openPool(postgres);
    await pool.query({ text: 'CREATE TABLE events (sequence BIGINT PRIMARY KEY, payload TEXT NOT NULL)' });
    const rows = new Rows();
    return {
      module: storing({
        async deposit(deposit) {
          const { sequence, payload, answer } = rows.of(deposit);
          // The name makes it a prepared statement in each connection.
          await pool.query({
            name: 'insert',
            text: 'INSERT INTO events (sequence, payload) VALUES ($1, $2)',
            values: [sequence, payload],
          });
          return answer;
        },
        close: () => pool.end(),
      }),
    };
  },
};

interface EmmettEvent {
  readonly type: string;
  readonly data: object;
}

interface Emmett {
  getPostgreSQLEventStore(
    connectionString: string,
    options: object,
  ): {
    readonly schema: { migrate(): Promise<unknown> };
    appendToStream(
      stream: string,
      events: readonly EmmettEvent[],
    ): Promise<{ readonly lastEventGlobalPosition: bigint }>;
    close(): Promise<void>;
  };
}

/** One stream per account, one event per request, no expected version. */
export const emmett: HttpContestant = {
  name: EMMETT,
  needsPostgres: true,
  async open({ postgres }) {
    const pool = await openPool(postgres);
    const { getPostgreSQLEventStore } = await loadContestant<Emmett>('@event-driven-io/emmett-postgresql');
    const store = getPostgreSQLEventStore(connectionString(postgres), { connectionOptions: { pool } });
    await store.schema.migrate();
    const balances = new Balances();
    return {
      module: storing({
        async deposit({ account, cents }) {
          const command = { Deposit: { account, cents } };
          const result = balances.execute(command);
          const timestampNs = nowNs();
          const stored = await store.appendToStream(account, [
            { type: 'Deposited', data: { timestampNs, command, result } },
          ]);
          return { sequenceNum: String(stored.lastEventGlobalPosition), timestampNs, command, result };
        },
        async close() {
          await store.close();
          await pool.end();
        },
      }),
    };
  },
};

function connectionString(address: PostgresAddress | undefined): string {
  if (address === undefined) throw new Error('there is no PostgreSQL');
  const { host, port, user, database } = address;
  return `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
}
