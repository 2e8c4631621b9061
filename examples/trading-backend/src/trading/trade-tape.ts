import { Logger } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { SequencerEvent } from 'nestjs-file-journal';
import { type Trade } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent } from './order-book.types.js';

/**
 * Reports every trade once. The EventBus delivers an event after it is durable, and a replay does not deliver
 * it again. So this is the place for side effects that must not run twice or too early.
 */
@EventsHandler(SequencerEvent)
export class TradeTape implements IEventHandler<OrderBookEvent> {
  private readonly logger = new Logger(TradeTape.name);
  private reported = 0;

  /** The number of trades since this process started. */
  get length(): number {
    return this.reported;
  }

  handle({ sequenceNum, result }: OrderBookEvent): void {
    if (!('TradeExecuted' in result)) return;
    const { trades } = result.TradeExecuted.trade_result.match_result.trades;
    for (const trade of trades) this.report(sequenceNum, trade);
  }

  private report(sequenceNum: bigint, { taker_side: side, quantity, price }: Trade): void {
    this.reported += 1;
    this.logger.debug(`#${sequenceNum} ${side} ${quantity} @ ${price}`);
  }
}
