import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InjectSequencer, type SubmitOptions } from 'nestjs-file-journal';
import { type OrderId } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent, OrderBookSequencer } from '../order-book.types.js';

/** Removes one order from the book. */
export class CancelOrderCommand extends Command<OrderBookEvent> {
  constructor(
    readonly orderId: OrderId,
    readonly options: SubmitOptions = {},
  ) {
    super();
  }
}

@CommandHandler(CancelOrderCommand)
export class CancelOrderHandler implements ICommandHandler<CancelOrderCommand> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  execute({ orderId, options }: CancelOrderCommand): Promise<OrderBookEvent> {
    return this.sequencer.submit({ CancelOrder: orderId }, options);
  }
}
