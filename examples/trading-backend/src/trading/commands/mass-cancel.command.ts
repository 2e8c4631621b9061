import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InjectSequencer, type SubmitOptions } from 'nestjs-file-journal';
import { type OrderBookCommand } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent, OrderBookSequencer } from '../order-book.types.js';

/** The orders to cancel: all, of a side, of an owner, between two prices, or those that have expired. */
export type MassCancelScope = Extract<
  OrderBookCommand,
  | 'CancelAll'
  | { CancelBySide: unknown }
  | { CancelByUser: unknown }
  | { CancelByPriceRange: unknown }
  | { EvictExpiredOrders: unknown }
>;

/** Removes many orders from the book with one command. */
export class MassCancelCommand extends Command<OrderBookEvent> {
  constructor(
    readonly scope: MassCancelScope,
    readonly options: SubmitOptions = {},
  ) {
    super();
  }
}

@CommandHandler(MassCancelCommand)
export class MassCancelHandler implements ICommandHandler<MassCancelCommand> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  execute({ scope, options }: MassCancelCommand): Promise<OrderBookEvent> {
    return this.sequencer.submit(scope, options);
  }
}
