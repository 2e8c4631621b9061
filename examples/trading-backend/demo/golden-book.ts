import type { OrderBookCommand, OrderBookResult } from 'nestjs-file-journal/order-book';
import { OrderBook, type CommandContext, type TradeIdGenerator } from '../src/order-book/index.js';

/**
 * A book that executes a journal like the Rust program that wrote it. The commands do not contain two facts
 * of that program: the random namespace of its trade ids, and its counting clock.
 */
export class GoldenBook extends OrderBook {
  /** The number of commands that were executed again. */
  executed = 0;

  constructor(
    symbol: string,
    tradeIds: TradeIdGenerator,
    private readonly counter: CountingClock,
  ) {
    super(symbol, { tradeIds, clock: () => counter.read() });
  }

  /** Rejected commands are executed again, too, because the program read its clock for them. */
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
 * A clock that adds one millisecond at every reading. The book reads it, and the program also read it once
 * before every command and once after a rejection, except for market orders by amount.
 */
export class CountingClock {
  constructor(private nowMs: bigint) {}

  read(): bigint {
    const now = this.nowMs;
    this.nowMs += 1n;
    return now;
  }
}
