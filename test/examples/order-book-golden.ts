import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { orderBookCodec, type OrderBookCommand, type OrderBookResult } from '../../src/order-book/index.js';
import { parseLossless } from './lossless.js';
import type { BookClock } from '../../examples/trading-backend/src/order-book/index.js';

/** An event of a golden journal with the bytes that Rust wrote. */
export interface GoldenEvent {
  readonly event: SequencerEvent<OrderBookCommand, OrderBookResult>;
  readonly payload: string;
}

const GOLDEN = join(import.meta.dirname, '../golden');
const codec = orderBookCodec();

/** Reads a golden journal as an application would. */
export async function goldenEvents(name: string): Promise<GoldenEvent[]> {
  const journal = await FileJournal.openReadOnly({ directory: join(GOLDEN, name), codec });
  try {
    return Array.from(journal.readFrom(0n), ({ event, payload }) => ({ event, payload: text(payload) }));
  } finally {
    await journal.close();
  }
}

/** The bytes that a journal would hold for this event if the result were this one. */
export function payloadOf(
  event: SequencerEvent<OrderBookCommand, OrderBookResult>,
  result: OrderBookResult,
): string {
  const { sequenceNum, timestampNs, command } = event;
  return text(codec.encode(new SequencerEvent({ sequenceNum, timestampNs, command, result })));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

export function goldenJson(path: string): unknown {
  return parseLossless(readFileSync(join(GOLDEN, path), 'utf8'));
}

/**
 * The clock of the program that wrote the golden journals: a counter of milliseconds that starts with the
 * first event and goes up by one with every reading. The program itself read it once before every command and
 * once more after a rejection, except for market orders by amount; measured: with these readings all trade
 * timestamps of all cases come out.
 */
export class GoldenClock {
  #nowMs: bigint;

  constructor(startMs: bigint) {
    this.#nowMs = startMs;
  }

  readonly read: BookClock = () => this.#nowMs++;

  beforeCommand(command: OrderBookCommand): void {
    if (readsAround(command)) this.#nowMs++;
  }

  afterResult(command: OrderBookCommand, result: OrderBookResult): void {
    if (readsAround(command) && 'Rejected' in result) this.#nowMs++;
  }

  /** A second clock that continues from here. */
  clone(): GoldenClock {
    return new GoldenClock(this.#nowMs);
  }
}

function readsAround(command: OrderBookCommand): boolean {
  return command === 'CancelAll' || !('MarketOrderByAmount' in command);
}
