import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { FileJournalModule } from 'nestjs-file-journal';
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
  providers: COMMAND_HANDLERS,
})
export class AppModule {}
