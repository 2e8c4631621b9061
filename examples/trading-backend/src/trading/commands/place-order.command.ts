import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InjectSequencer, type SubmitOptions } from 'nestjs-file-journal';
import { type Order } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent, OrderBookSequencer } from '../order-book.types.js';

/** Places an order in the book. */
export class PlaceOrderCommand extends Command<OrderBookEvent> {
  constructor(
    readonly order: Order,
    readonly options: SubmitOptions = {},
  ) {
    super();
  }
}

@CommandHandler(PlaceOrderCommand)
export class PlaceOrderHandler implements ICommandHandler<PlaceOrderCommand> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  execute({ order, options }: PlaceOrderCommand): Promise<OrderBookEvent> {
    return this.sequencer.submit({ AddOrder: order }, options);
  }
}
