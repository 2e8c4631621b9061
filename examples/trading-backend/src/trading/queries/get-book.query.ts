import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { InjectSequencer } from 'nestjs-file-journal';
import type { LevelSnapshot } from '../../order-book/index.js';
import type { OrderBookSequencer } from '../order-book.types.js';

/** The book after one event, best prices first. */
export interface BookView {
  readonly symbol: string;
  /** The last event that went into it; null before the first. */
  readonly sequence: bigint | null;
  readonly bids: readonly LevelSnapshot[];
  readonly asks: readonly LevelSnapshot[];
}

/** The best levels of both sides, with their orders in the order of the queue. */
export class GetBookQuery extends Query<BookView> {
  constructor(readonly depth: number) {
    super();
  }
}

@QueryHandler(GetBookQuery)
export class GetBookHandler implements IQueryHandler<GetBookQuery> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  /**
   * The sequencer looks at once and answers when all it saw is durable: nobody trades on an order that a
   * crash takes back.
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
