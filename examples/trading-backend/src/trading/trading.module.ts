import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { FileJournalModule, type FileJournalModuleOptions } from 'nestjs-file-journal';
import { orderBookCodec } from 'nestjs-file-journal/order-book';
import { BACKEND_CONFIG, type BackendConfig } from '../config/backend-config.js';
import { OrderBook } from '../order-book/index.js';
import { COMMAND_HANDLERS } from './commands/index.js';
import { QUERY_HANDLERS } from './queries/index.js';
import { SnapshotSchedule } from './snapshot-schedule.js';
import { TradeTape } from './trade-tape.js';

export interface TradingOptions {
  readonly config: BackendConfig;
  /** Makes the empty book for rehydration. @default a book of the configured symbol */
  readonly createBook?: () => OrderBook;
  /** Options of the journal that the environment does not set. @default none */
  readonly journal?: Partial<FileJournalModuleOptions>;
}

/**
 * The book and its journal. The boot opens the journal and rehydrates the book before any provider of the
 * application is created.
 */
@Module({})
export class TradingModule {
  static register({ config, createBook, journal }: TradingOptions): DynamicModule {
    return {
      module: TradingModule,
      imports: [
        CqrsModule.forRoot(),
        FileJournalModule.forRoot({
          directory: config.journalDirectory,
          codec: orderBookCodec(),
          segmentSizeBytes: config.segmentSizeBytes,
          durability: config.durability,
          progressIntervalMs: config.replayProgressMs,
          ...journal,
        }),
        FileJournalModule.forFeature([
          { aggregate: OrderBook, create: createBook ?? (() => new OrderBook(config.symbol)) },
        ]),
      ],
      providers: [
        { provide: BACKEND_CONFIG, useValue: config },
        ...COMMAND_HANDLERS,
        ...QUERY_HANDLERS,
        TradeTape,
        SnapshotSchedule,
      ],
    };
  }
}
