import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { InjectSequencer } from 'nestjs-file-journal';
import { type Order, type OrderId } from 'nestjs-file-journal/order-book';
import type { OrderBookSequencer } from '../order-book.types.js';

export interface OrderView {
  readonly sequence: bigint | null;
  /** The order in its present state, in the form of the journal. */
  readonly order: Order;
}

/** A resting order; null if no order with this id rests. */
export class GetOrderQuery extends Query<OrderView | null> {
  constructor(readonly orderId: OrderId) {
    super();
  }
}

@QueryHandler(GetOrderQuery)
export class GetOrderHandler implements IQueryHandler<GetOrderQuery> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  execute({ orderId }: GetOrderQuery): Promise<OrderView | null> {
    return this.sequencer.query((book, lastSequence) => {
      const order = book.order(orderId);
      return order === null ? null : { sequence: lastSequence, order };
    });
  }
}
