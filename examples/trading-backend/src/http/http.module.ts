import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { BigIntInterceptor, JournalExceptionFilter } from 'nestjs-file-journal';
import { EventsController } from './events.controller.js';
import { HealthController } from './health.controller.js';
import { MarketDataController } from './market-data.controller.js';
import { OrdersController } from './orders.controller.js';
import { createValidationPipe } from './validation/validation.js';

/** The HTTP API. It knows the commands and queries, but not how they are executed. */
@Module({
  controllers: [OrdersController, MarketDataController, EventsController, HealthController],
  providers: [
    { provide: APP_PIPE, useFactory: createValidationPipe },
    { provide: APP_INTERCEPTOR, useClass: BigIntInterceptor },
    { provide: APP_FILTER, useClass: JournalExceptionFilter },
  ],
})
export class HttpModule {}
