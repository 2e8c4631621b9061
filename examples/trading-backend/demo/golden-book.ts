import type { OrderBookCommand, OrderBookResult } from 'nestjs-file-journal/order-book';
import { OrderBook, type CommandContext, type TradeIdGenerator } from '../src/order-book/index.js';

/**
 * A book that goes through a journal as the Rust program did that wrote it. Two things of that program are in
 * no command: the namespace of its trade ids, which was random, and its clock, which counted.
 */
export class GoldenBook extends OrderBook {
  /** Commands that were executed again. */
  executed = 0;

  constructor(
    symbol: string,
    tradeIds: TradeIdGenerator,
    private readonly counter: CountingClock,
  ) {
    super(symbol, { tradeIds, clock: () => counter.read() });
  }

  /** Refused commands are executed again, too: the program read its clock for them. */
  override isRejected(): boolean {
    return false;
  }

  override execute(command: OrderBookCommand, context: CommandContext): OrderBookResult {
    const isReadAround = command === 'CancelAll' || !('MarketOrderByAmount' in command);
    if (isReadAround) this.counter.read();
    const result = super.execute(command, context);
    if (isReadAround && 'Rejected' in result) this.counter.read();
    this.executed += 1;
    return result;
  }
}

/**
 * Counts milliseconds, one up with every reading. Besides the readings of the book the program made one
 * before every command and one after a rejection, except for market orders by amount.
 */
export class CountingClock {
  constructor(private nowMs: bigint) {}

  read(): bigint {
    const now = this.nowMs;
    this.nowMs += 1n;
    return now;
  }
}
