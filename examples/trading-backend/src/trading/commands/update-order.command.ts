import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InjectSequencer, type SubmitOptions } from 'nestjs-file-journal';
import { type OrderUpdate } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent, OrderBookSequencer } from '../order-book.types.js';

/** Changes a resting order. */
export class UpdateOrderCommand extends Command<OrderBookEvent> {
  constructor(
    readonly update: OrderUpdate,
    readonly options: SubmitOptions = {},
  ) {
    super();
  }
}

@CommandHandler(UpdateOrderCommand)
export class UpdateOrderHandler implements ICommandHandler<UpdateOrderCommand> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  execute({ update, options }: UpdateOrderCommand): Promise<OrderBookEvent> {
    return this.sequencer.submit({ UpdateOrder: update }, options);
  }
}
