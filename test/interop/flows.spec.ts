import { expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { stringifyJson } from '../../src/serialization/index.js';
import type { OrderBookResult } from '../../src/order-book/index.js';
import {
  OrderBook,
  uuidTradeIds,
  type LevelSnapshot,
  type OrderBookOptions,
} from '../../examples/trading-backend/src/order-book/index.js';
import { parseLossless } from '../examples/lossless.js';
import { Random } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { orderFlow, type FlowShape, type FlowStep } from './order-flow.js';
import { describeEngines } from './rust-engine.js';
import type { RustEngine } from './rust-engine.js';

const COMMANDS = 600;
/** The crate syncs after each append, which takes long on a busy disk. */
const JOURNALED_COMMANDS = 150;
const NO_JOURNAL = '-';
const NAMESPACE = '6ba7b812-9dad-11d1-80b4-00c04fd430c8';
const codec = orderBookCodec();

/** Configurations of a book, in both languages. */
const BOOKS: readonly {
  name: string;
  rust: readonly string[];
  here: Partial<OrderBookOptions>;
  shape?: FlowShape;
}[] = [
  { name: 'plain', rust: [], here: {} },
  { name: 'with fees', rust: ['--fees', '-2,5'], here: { fees: { makerBps: -2n, takerBps: 5n } } },
  { name: 'with orders of nothing', rust: [], here: {}, shape: { zeros: 0.2 } },
  {
    name: 'at the ends of its integers',
    rust: ['--fees', '-7,25'],
    here: { fees: { makerBps: -7n, takerBps: 25n } },
    shape: { zeros: 0.05, extremes: 0.08 },
  },
  {
    name: 'with ticks and lots',
    rust: ['--tick-size', '2', '--lot-size', '5'],
    here: { tickSize: 2n, lotSize: 5n },
    shape: { lotSize: 5n, zeros: 0.05 },
  },
  {
    name: 'with self-trade prevention',
    rust: ['--stp', 'CancelMaker'],
    here: { selfTradePrevention: 'cancel-maker' },
    shape: { zeros: 0.05 },
  },
];

function inputOf({ sequenceNum, timestampNs, command }: FlowStep): string {
  return stringifyJson({ sequence_num: sequenceNum, timestamp_ns: timestampNs, command });
}

function payloadOf(step: FlowStep, result: OrderBookResult): string {
  return Buffer.from(codec.encode(new SequencerEvent({ ...step, result }))).toString();
}

/** The levels of a snapshot that the Rust program printed. */
function levelsOf(line: string): { bids: unknown; asks: unknown } {
  const { snapshot } = parseLossless(line) as {
    snapshot: Record<'bids' | 'asks', (LevelSnapshot & { statistics: unknown })[]>;
  };
  const plain = (levels: (LevelSnapshot & { statistics: unknown })[]) =>
    levels.map(({ statistics: _statistics, ...level }) => level);
  return { bids: plain(snapshot.bids), asks: plain(snapshot.asks) };
}

/** Returns the first difference only, because whole lists would make a message of megabytes. */
function firstDifference(
  here: readonly string[],
  rust: readonly string[],
): { here: unknown; rust: unknown } | null {
  const index = here.findIndex((text, at) => text !== rust[at]);
  if (index < 0) return here.length === rust.length ? null : { here: here.length, rust: rust.length };
  return { here: here[index], rust: rust[index] };
}

function flowInRust(
  engine: RustEngine,
  directory: string,
  flow: readonly FlowStep[],
  options: readonly string[],
) {
  const lines = engine.run(
    ['flow', directory, '--namespace', NAMESPACE, '--segment-size', '65536', ...options],
    flow.map(inputOf),
  );
  return { payloads: lines.slice(0, -1), snapshot: lines.at(-1) as string };
}

describeEngines(
  'the same order flow in the book of Rust and in that of the example',
  (engine) => {
    const cases = BOOKS.flatMap((book) => [1, 2, 3].map((seed) => ({ ...book, seed })));

    test.each(cases)(
      'gives the same results and the same book, $name, seed $seed',
      ({ rust, here, shape, seed }) => {
        const flow = orderFlow(new Random(seed), COMMANDS, shape);
        const { payloads, snapshot } = flowInRust(engine, NO_JOURNAL, flow, rust);
        const book = new OrderBook('BTC-USD', { ...here, tradeIds: uuidTradeIds(NAMESPACE) });
        const results = flow.map((step) => payloadOf(step, book.execute(step.command, step)));
        expect(firstDifference(results, payloads)).toBeNull();
        const { bids, asks } = book.snapshot();
        expect({ bids, asks }).toEqual(levelsOf(snapshot));
        // A flow of rejections, or of orders that only rest, would prove nothing.
        const count = (name: string) =>
          payloads.filter((payload) => payload.includes(`"result":{"${name}"`)).length;
        expect(Math.min(count('TradeExecuted'), count('OrderAdded'), count('Rejected'))).toBeGreaterThan(
          COMMANDS / 20,
        );
      },
    );

    test.each([11, 12])(
      'is replayed by Rust from a journal of this package without differences, seed %i',
      async (seed) => {
        const directory = temporaryDirectory('interop-');
        const flow = orderFlow(new Random(seed), COMMANDS);
        const book = new OrderBook('BTC-USD', { tradeIds: uuidTradeIds(NAMESPACE) });
        {
          await using journal = await FileJournal.open({ directory, codec, segmentSizeBytes: 65_536 });
          for (const step of flow) {
            void journal.append(new SequencerEvent({ ...step, result: book.execute(step.command, step) }));
          }
        }
        const lines = engine.run(['replay', directory, '--namespace', NAMESPACE, '--segment-size', '65536']);
        expect(lines.slice(0, -1).slice(0, 3)).toEqual([]);
        const { bids, asks } = book.snapshot();
        expect({ bids, asks }).toEqual(levelsOf(lines.at(-1) as string));
      },
    );
  },
  (engine) => engine.version === '0.12',
);

describeEngines('the journal of an order flow in Rust', (engine) => {
  test.each(['None', 'CancelTaker', 'CancelMaker', 'CancelBoth'])(
    'is read here byte for byte, STP %s',
    async (mode) => {
      const directory = temporaryDirectory('interop-');
      const flow = orderFlow(new Random(30), JOURNALED_COMMANDS).filter(({ command }) =>
        isKnown(engine, command),
      );
      const numbered = flow.map((step, index) => ({ ...step, sequenceNum: BigInt(index) }));
      const { payloads } = flowInRust(engine, directory, numbered, ['--stp', mode, '--lot-size', '5']);
      await using journal = await FileJournal.openReadOnly({ directory, codec });
      const entries = [...journal.readFrom(0n)];
      const stored = entries.map(({ payload }) => Buffer.from(payload).toString());
      expect(firstDifference(stored, payloads)).toBeNull();
      const own = orderBookCodec({ engine: engine.version });
      const anew = entries.map(({ event: { sequenceNum, timestampNs, command, result } }) =>
        Buffer.from(own.encode(new SequencerEvent({ sequenceNum, timestampNs, command, result }))).toString(),
      );
      expect(firstDifference(anew, payloads)).toBeNull();
    },
  );
});

function isKnown(engine: RustEngine, command: FlowStep['command']): boolean {
  if (typeof command === 'string') return true;
  if ('MarketOrderByAmount' in command) return engine.isAtLeast('0.8');
  return !('EvictExpiredOrders' in command) || engine.isAtLeast('0.10');
}
