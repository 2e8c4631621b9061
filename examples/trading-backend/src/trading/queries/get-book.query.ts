import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { InjectSequencer } from 'nestjs-file-journal';
import type { LevelSnapshot } from '../../order-book/index.js';
import type { OrderBookSequencer } from '../order-book.types.js';

/** The book after one event, best prices first. */
export interface BookView {
  readonly symbol: string;
  /** The sequence of the last event in it; null before the first event. */
  readonly sequence: bigint | null;
  readonly bids: readonly LevelSnapshot[];
  readonly asks: readonly LevelSnapshot[];
}

/** The best levels of both sides, with their orders in queue order. */
export class GetBookQuery extends Query<BookView> {
  constructor(readonly depth: number) {
    super();
  }
}

@QueryHandler(GetBookQuery)
export class GetBookHandler implements IQueryHandler<GetBookQuery> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  /**
   * The sequencer reads the book at once and answers after all that it read is durable. So no client trades
   * on an order that a crash removes.
   */
  execute({ depth }: GetBookQuery): Promise<BookView> {
    return this.sequencer.query((book, lastSequence) => ({
      symbol: book.symbol,
      sequence: lastSequence,
      bids: book.levels('BUY', depth),
      asks: book.levels('SELL', depth),
    }));
  }
}
