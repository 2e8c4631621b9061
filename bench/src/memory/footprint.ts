/**
 * The memory of live aggregates, known command ids and projections. The script runs in a fresh process,
 * `footprint.js CASE COUNT DIRECTORY`, and prints the bytes before and after as JSON.
 */
import {
  FileJournal,
  Sequencer,
  SequencerEvent,
  getAggregateRepositoryToken,
  jsonCodec,
  type AggregateRepository,
} from 'nestjs-file-journal';
import { setTimeout as delay } from 'node:timers/promises';
import { Account, Counter, bootLedger } from './ledger.js';

export interface Footprint {
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

export type FootprintCase = 'aggregates' | 'ids' | 'projections';

const BATCH = 1_000;

const MEASURE: Readonly<Record<FootprintCase, (count: number, directory: string) => Promise<Footprint>>> = {
  /** Accounts of one event each, first on disk only, then live. */
  async aggregates(count, directory) {
    const idOf = (index: number): string => `account-${String(index).padStart(8, '0')}`;
    await fill(directory, count, (index) => {
      const deposit = { v: 1, aggregateId: idOf(index), aggregateType: 'Account', data: { cents: 5 } };
      return { command: { Deposited: deposit }, result: null };
    });
    const app = await bootLedger({
      directory,
      projections: 0,
      maxLive: count,
      options: { snapshots: false },
    });
    const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
    // V8 compiles the code of a query before the measurement.
    await accounts.query(idOf(0), ({ cents }) => cents);
    const beforeBytes = await usedBytes();
    for (let index = 0; index < count; index += 1) await accounts.query(idOf(index), ({ cents }) => cents);
    const afterBytes = await usedBytes();
    await app.close();
    return { beforeBytes, afterBytes };
  },

  /** The window of command ids of 36 letters. */
  async ids(count, directory) {
    await fill(directory, count, (index) => {
      const commandId = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
      return { command: { Add: { by: 1 } }, result: index + 1, commandId };
    });
    return compareBoots(
      directory,
      { projections: 0, commandWindow: 1 },
      { projections: 0, commandWindow: count },
    );
  },

  /** Applications without and with projections, which have caught up with the journal. */
  async projections(count, directory) {
    await fill(directory, BATCH, (index) => ({ command: { Add: { by: 1 } }, result: index + 1 }));
    return compareBoots(
      directory,
      { projections: 0, commandWindow: 1 },
      { projections: count, commandWindow: 1 },
    );
  },
};

interface Boot {
  readonly projections: number;
  readonly commandWindow: number;
}

async function compareBoots(directory: string, small: Boot, large: Boot): Promise<Footprint> {
  const usedIn = async ({ projections, commandWindow }: Boot): Promise<number> => {
    const options = { ...OPTIONS, commandWindow };
    const app = await bootLedger({ directory, projections, maxLive: 0, options });
    const sequencer = app.get<Sequencer<Counter>>(Sequencer);
    // A command with an id needs the window.
    await sequencer.submit(
      { Add: { by: 1 } },
      { commandId: `${projections} ${commandWindow} ${performance.now()}` },
    );
    await delay(SETTLE_MS);
    const bytes = await usedBytes();
    await app.close();
    return bytes;
  };
  // The first boot compiles code, which stays in memory.
  await usedIn(small);
  const beforeBytes = await usedIn(small);
  return { beforeBytes, afterBytes: await usedIn(large) };
}

/** Without mappings of segments, which count as memory of the process but are page cache. */
const OPTIONS = { snapshots: false, reader: 'positioned' } as const;
const SETTLE_MS = 1_000;

interface Content {
  readonly command: unknown;
  readonly result: unknown;
  readonly commandId?: string;
}

async function fill(directory: string, count: number, contentOf: (index: number) => Content): Promise<void> {
  const journal = await FileJournal.open({ directory, codec: jsonCodec(), durability: 'async' });
  for (let from = 0; from < count; from += BATCH) {
    const length = Math.min(BATCH, count - from);
    const events = Array.from({ length }, (_, at) => {
      const sequenceNum = from + at;
      return new SequencerEvent({ sequenceNum, timestampNs: sequenceNum + 1, ...contentOf(sequenceNum) });
    });
    await journal.appendBatch(events);
  }
  await journal.close();
}

/** Live objects and buffers, after several collections. */
async function usedBytes(): Promise<number> {
  for (let pass = 0; pass < 4; pass += 1) {
    globalThis.gc?.();
    await delay(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [name = '', count = '', directory = ''] = process.argv.slice(2);
console.log(JSON.stringify(await MEASURE[name as FootprintCase](Number(count), directory)));
