import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { BigIntInterceptor, JournalExceptionFilter } from 'nestjs-file-journal';
import { EventsController } from './events.controller.js';
import { HealthController } from './health.controller.js';
import { MarketDataController } from './market-data.controller.js';
import { OrdersController } from './orders.controller.js';
import { createValidationPipe } from './validation/validation.js';

/** The way in and out over HTTP. Knows commands and queries, and nothing of how they are done. */
@Module({
  controllers: [OrdersController, MarketDataController, EventsController, HealthController],
  providers: [
    { provide: APP_PIPE, useFactory: createValidationPipe },
    { provide: APP_INTERCEPTOR, useClass: BigIntInterceptor },
    { provide: APP_FILTER, useClass: JournalExceptionFilter },
  ],
})
export class HttpModule {}
