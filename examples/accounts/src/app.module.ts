import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { FileJournalModule, JournalExceptionFilter } from 'nestjs-file-journal';
import { Account } from './account.js';
import { AccountsController } from './accounts.controller.js';
import { COMMAND_HANDLERS } from './commands.js';
import { ACCOUNT_EVENTS } from './events.js';

@Module({
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forRoot({
      directory: process.env['JOURNAL_DIRECTORY'] ?? 'data/accounts',
      segmentSizeBytes: 16 * 1024 * 1024,
    }),
    FileJournalModule.forFeature({ aggregates: [Account], events: ACCOUNT_EVENTS }),
  ],
  controllers: [AccountsController],
  // 404 for an account that does not exist, 409 for a conflict, 503 where the request may be repeated.
  providers: [...COMMAND_HANDLERS, { provide: APP_FILTER, useClass: JournalExceptionFilter }],
})
export class AppModule {}
