import { Controller, Get, Query } from '@nestjs/common';
import { InjectJournal, type Journal } from 'nestjs-file-journal';
import type { OrderBookEvent } from '../trading/order-book.types.js';
import { EventsQueryDto } from './dto/queries.dto.js';

/** Serves the journal, so that a client that lost an answer can look up its command. */
@Controller('events')
export class EventsController {
  constructor(
    @InjectJournal() private readonly journal: Journal<OrderBookEvent['command'], OrderBookEvent['result']>,
  ) {}

  @Get()
  events(@Query() { from, limit }: EventsQueryDto): OrderBookEvent[] {
    return Array.from(this.journal.readFrom(from, { limit }), ({ event }) => event);
  }
}
