import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetBookQuery, GetTradesQuery, type BookView, type TradesView } from '../trading/queries/index.js';
import { BookQueryDto, TradesQueryDto } from './dto/queries.dto.js';

@Controller()
export class MarketDataController {
  constructor(private readonly queries: QueryBus) {}

  @Get('book')
  book(@Query() { depth }: BookQueryDto): Promise<BookView> {
    return this.queries.execute(new GetBookQuery(depth));
  }

  @Get('trades')
  trades(@Query() { limit }: TradesQueryDto): Promise<TradesView> {
    return this.queries.execute(new GetTradesQuery(limit));
  }
}
