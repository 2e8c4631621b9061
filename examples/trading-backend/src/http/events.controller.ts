import { Controller, Get, Query } from '@nestjs/common';
import { InjectJournal, type Journal } from 'nestjs-file-journal';
import type { OrderBookEvent } from '../trading/order-book.types.js';
import { EventsQueryDto } from './dto/queries.dto.js';

/** The journal itself, for whoever lost an answer and wants to know what became of a command. */
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
