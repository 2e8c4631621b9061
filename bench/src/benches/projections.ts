/**
 * Projections that catch up: the cost of the loop, the kinds of handlers and the checkpoints, on top of
 * reading.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { FileCheckpointStore, InMemoryCheckpointStore, SqliteCheckpointStore } from 'nestjs-file-journal';
import type { CheckpointStore, SqliteConnection } from 'nestjs-file-journal';
import { openJournal } from '../contestants/index.js';
import { EventSource } from '../harness/events.js';
import { fillJournal } from '../harness/journals.js';
import { LoopWatch } from '../harness/latency.js';
import { loadContestant } from '../harness/project.js';
import { inRounds } from '../harness/rounds.js';
import { subdirectory } from '../harness/workspace.js';
import type { Bench, BenchContext } from './bench.js';
import { BatchRows, BatchTally, EventTally, Rows, Tally, catchUp } from './nest-projections.js';

const METRIC = 'catch-up';
const BARE = 'bare subscription, decoded';
const SQLITE_ALONE = 'floor: the same rows, better-sqlite3 alone';
/** In the form that the projections get. */
const BATCH_SIZE = 256;
const ROW_BYTES = 375;

interface Way {
  readonly name: string;
  readonly run: () => Promise<{ readonly elapsedMs: number; readonly delayP99Ms: number }>;
}

export const projections: Bench = async (context) => {
  const { plan, workspace, figures } = context;
  const directory = subdirectory(workspace, 'journal');
  const source = new EventSource();
  await fillJournal(directory, plan.readBytes, source);
  const entries = source.next;

  const inMemory = (): CheckpointStore => new InMemoryCheckpointStore();
  const inFile = (): CheckpointStore =>
    new FileCheckpointStore({ directory: subdirectory(workspace, 'checkpoints') });
  const ways: Way[] = [
    { name: BARE, run: () => readBare(directory) },
    { name: 'handleBatch(), checkpoints in memory', run: () => catchUp(directory, BatchTally, inMemory()) },
    { name: 'handle(), checkpoints in memory', run: () => catchUp(directory, Tally, inMemory()) },
    { name: '@OnJournaled(), checkpoints in memory', run: () => catchUp(directory, EventTally, inMemory()) },
    { name: 'handleBatch(), checkpoints in files', run: () => catchUp(directory, BatchTally, inFile()) },
    { name: 'handle(), checkpoints in files', run: () => catchUp(directory, Tally, inFile()) },
    ...(await sqliteWays(context, directory, entries)),
  ];
  for (const { run } of ways) await run();
  await inRounds(plan.rounds, ways, async ({ name, run }) => {
    const { elapsedMs, delayP99Ms } = await run();
    figures.record(METRIC, 'entries/s', name, null, (entries / elapsedMs) * 1000);
    figures.record('event-loop delay p99', 'ms', name, null, delayP99Ms);
  });
};

interface Database extends SqliteConnection {
  pragma(text: string): unknown;
  close(): unknown;
}

type DatabaseClass = new (path: string) => Database;

/** Inserts a row per entry in the transaction of the checkpoint. */
async function sqliteWays(
  { workspace, figures }: BenchContext,
  directory: string,
  entries: number,
): Promise<Way[]> {
  let Driver: DatabaseClass;
  try {
    ({ default: Driver } = await loadContestant<{ default: typeof Driver }>('better-sqlite3'));
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    figures.skipped.push({ contestant: 'SQLite', reason });
    return [];
  }
  const inSqlite = (): CheckpointStore => {
    return new SqliteCheckpointStore({
      connection: openReadModel(Driver, subdirectory(workspace, 'read-model')),
    });
  };
  return [
    { name: SQLITE_ALONE, run: () => insertAlone(Driver, subdirectory(workspace, 'rows'), entries) },
    { name: 'handleBatch(), a row each in SQLite', run: () => catchUp(directory, BatchRows, inSqlite()) },
    { name: 'handle(), a row each in SQLite', run: () => catchUp(directory, Rows, inSqlite()) },
  ];
}

function openReadModel(Driver: DatabaseClass, directory: string): Database {
  const connection = new Driver(join(directory, 'read-model.sqlite'));
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = NORMAL');
  connection.exec('CREATE TABLE entries (sequence INTEGER PRIMARY KEY, bytes INTEGER NOT NULL)');
  return connection;
}

/** The same rows in transactions of a batch, without a journal, a projection or a checkpoint. */
async function insertAlone(Driver: DatabaseClass, directory: string, entries: number) {
  const connection = openReadModel(Driver, directory);
  const insert = connection.prepare('INSERT INTO entries VALUES (?, ?)');
  const loop = new LoopWatch();
  const startMs = performance.now();
  for (let next = 0; next < entries; await setImmediate()) {
    connection.exec('BEGIN');
    const end = Math.min(entries, next + BATCH_SIZE);
    for (; next < end; next += 1) insert.run(BigInt(next), ROW_BYTES);
    connection.exec('COMMIT');
  }
  const elapsedMs = performance.now() - startMs;
  const delays = loop.stop();
  connection.close();
  return { elapsedMs, ...delays };
}

async function readBare(directory: string) {
  const journal = await openJournal(directory);
  const loop = new LoopWatch();
  const startMs = performance.now();
  const subscription = journal.subscribe({ from: 'beginning', batchSize: BATCH_SIZE });
  let bytes = 0;
  for (let batch = await subscription.nextBatch({ timeoutMs: 0 }); batch.length > 0;) {
    for (const { event, payload } of batch) if (event.sequenceNum >= 0n) bytes += payload.length;
    batch = await subscription.nextBatch({ timeoutMs: 0 });
  }
  const elapsedMs = performance.now() - startMs;
  const delays = loop.stop();
  await subscription.close();
  await journal.close();
  if (bytes === 0) throw new Error('nothing was read');
  return { elapsedMs, ...delays };
}
