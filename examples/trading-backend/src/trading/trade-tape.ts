import { Logger } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { SequencerEvent } from 'nestjs-file-journal';
import { type Trade } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent } from './order-book.types.js';

/**
 * Tells every trade once: an event gets here when it is durable, and no event gets here again when the book
 * is rehydrated. So this is the place for what must not happen twice, and not before it is certain.
 */
@EventsHandler(SequencerEvent)
export class TradeTape implements IEventHandler<OrderBookEvent> {
  private readonly logger = new Logger(TradeTape.name);
  private told = 0;

  /** Trades since this process started. */
  get length(): number {
    return this.told;
  }

  handle({ sequenceNum, result }: OrderBookEvent): void {
    if (!('TradeExecuted' in result)) return;
    const { trades } = result.TradeExecuted.trade_result.match_result.trades;
    for (const trade of trades) this.tell(sequenceNum, trade);
  }

  private tell(sequenceNum: bigint, { taker_side: side, quantity, price }: Trade): void {
    this.told += 1;
    this.logger.debug(`#${sequenceNum} ${side} ${quantity} @ ${price}`);
  }
}
