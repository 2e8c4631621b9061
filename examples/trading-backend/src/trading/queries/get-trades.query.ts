import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { InjectSequencer } from 'nestjs-file-journal';
import { type Trade } from 'nestjs-file-journal/order-book';
import type { OrderBookSequencer } from '../order-book.types.js';

export interface TradesView {
  readonly sequence: bigint | null;
  /** Newest first. */
  readonly trades: readonly Trade[];
}

/** The last trades. The book keeps them, so they survive a restart. */
export class GetTradesQuery extends Query<TradesView> {
  constructor(readonly limit: number) {
    super();
  }
}

@QueryHandler(GetTradesQuery)
export class GetTradesHandler implements IQueryHandler<GetTradesQuery> {
  constructor(@InjectSequencer() private readonly sequencer: OrderBookSequencer) {}

  execute({ limit }: GetTradesQuery): Promise<TradesView> {
    return this.sequencer.query((book, lastSequence) => ({
      sequence: lastSequence,
      trades: book.recentTrades.slice(-limit).toReversed(),
    }));
  }
}
