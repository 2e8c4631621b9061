import { cpSync, readFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { FileJournal, bigintsToStrings, parseJson } from 'nestjs-file-journal';
import { orderBookCodec, type OrderBookResult } from 'nestjs-file-journal/order-book';
import { AppModule } from '../src/app.module.js';
import type { TradeIdGenerator } from '../src/order-book/index.js';
import { getJson } from './backend-process.js';
import { compareBooks, type Book, type BookComparison, type Level } from './compare-books.js';
import { CountingClock, GoldenBook } from './golden-book.js';
import type { Sabotage } from './options.js';
import { projectFile, type Workspace } from './workspace.js';

const JOURNAL = 'test/golden/v0.12.1/replay-book';

export interface GoldenRun extends BookComparison {
  readonly stored: number;
  /**
   * The number of commands that were executed again. Each gave the stored result; otherwise the boot would
   * have failed.
   */
  readonly executed: number;
  readonly bootMs: number;
}

/**
 * Boots the backend on a copy of a journal that the Rust engine wrote. Compares the book that the backend
 * serves over HTTP with the book that the Rust engine had then.
 */
export async function bootOnGoldenJournal(
  workspace: Workspace,
  sabotage: ReadonlySet<Sabotage>,
): Promise<GoldenRun> {
  const directory = workspace.path('golden');
  cpSync(projectFile(JOURNAL), directory, { recursive: true });
  const expected = readRustSnapshot(projectFile(`${JOURNAL}.snapshot.json`));
  const { stored, tradeIds, startMs } = await readWhatNoCommandTells(directory);
  const book = new GoldenBook(expected.symbol, tradeIds, new CountingClock(startMs));

  const startedAt = performance.now();
  const config = {
    symbol: expected.symbol,
    host: '127.0.0.1',
    port: 0,
    journalDirectory: directory,
    segmentSizeBytes: 1024 * 1024,
    durability: 'sync',
    snapshotEvery: 0,
    replayProgressMs: 1_000,
    logLevel: 'warn',
  } as const;
  // If a command gives a result other than the stored one, the boot fails (onDivergence: 'throw').
  const app = await NestFactory.create(
    AppModule.register({ config, createBook: () => book, journal: { snapshots: false } }),
    { abortOnError: false, logger: [config.logLevel] },
  );
  try {
    await app.listen(config.port, config.host);
    const bootMs = performance.now() - startedAt;
    const actual = await getJson<Book>(`${await app.getUrl()}/book?depth=10000`);
    if (sabotage.has('swap-golden-orders')) swapTwoOrders(actual);
    return { ...compareBooks(actual, expected), stored, executed: book.executed, bootMs };
  } finally {
    await app.close();
  }
}

/** The n-th trade gets the n-th id of the journal, and the clock starts with the first event. */
async function readWhatNoCommandTells(
  directory: string,
): Promise<{ stored: number; tradeIds: TradeIdGenerator; startMs: bigint }> {
  const journal = await FileJournal.openReadOnly({ directory, codec: orderBookCodec() });
  try {
    const ids: string[] = [];
    let stored = 0;
    let startMs: bigint | null = null;
    for (const { event } of journal.readFrom(0n)) {
      stored += 1;
      startMs ??= event.timestampNs / 1_000_000n;
      ids.push(...tradeIdsOf(event.result));
    }
    return {
      stored,
      tradeIds: (index) => ids[Number(index)] ?? `the journal has no trade ${index}`,
      startMs: startMs ?? 0n,
    };
  } finally {
    await journal.close();
  }
}

function tradeIdsOf(result: OrderBookResult): string[] {
  if (!('TradeExecuted' in result)) return [];
  return result.TradeExecuted.trade_result.match_result.trades.trades.map(({ trade_id: id }) => id);
}

interface RustSnapshot {
  readonly symbol: string;
  /** With statistics, which count from the start of a process, so a replay cannot restore them. */
  readonly bids: readonly (Level & { readonly statistics: unknown })[];
  readonly asks: readonly (Level & { readonly statistics: unknown })[];
}

function readRustSnapshot(path: string): Book & { readonly symbol: string } {
  const { symbol, bids, asks } = integersToStrings(parseJson(readFileSync(path, 'utf8'))) as RustSnapshot;
  const withoutStatistics = (levels: RustSnapshot['bids']): Level[] =>
    levels.map(({ statistics: _statistics, ...level }) => level);
  return { symbol, bids: withoutStatistics(bids), asks: withoutStatistics(asks) };
}

/** Converts integers of any size to the strings that HTTP carries. */
function integersToStrings(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value.toString() : value;
  if (typeof value !== 'object' || value === null) return bigintsToStrings(value);
  if (Array.isArray(value)) return value.map(integersToStrings);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, integersToStrings(item)]));
}

/** Reverses the queue of one level. */
function swapTwoOrders({ bids, asks }: Book): void {
  const level = [...bids, ...asks].find(({ orders }) => orders.length > 1);
  (level?.orders as unknown[] | undefined)?.reverse();
}
