import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InjectSequencer, type SubmitOptions } from 'nestjs-file-journal';
import { type OrderBookCommand } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent, OrderBookSequencer } from '../order-book.types.js';

/** The market orders of the book. */
export type MarketOrderCommand = Extract<
  OrderBookCommand,
  { MarketOrder: unknown } | { MarketOrderByAmount: unknown }
>;

/** Takes liquidity, up to a quantity or up to an amount. */
export class PlaceMarketOrderCommand extends Command<OrderBookEvent> {
  constructor(
    readonly order: MarketOrderCommand,
    readonly options: SubmitOptions = {},
  ) {
    super();
  }
}

@CommandHandler(PlaceMarketOrderCommand)
export class PlaceMarketOrderHandler implements ICommandHandler<PlaceMarketOrderCommand> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  execute({ order, options }: PlaceMarketOrderCommand): Promise<OrderBookEvent> {
    return this.sequencer.submit(order, options);
  }
}
