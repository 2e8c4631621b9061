import { Module, type DynamicModule } from '@nestjs/common';
import { HttpModule } from './http/http.module.js';
import { TradingModule, type TradingOptions } from './trading/trading.module.js';

/** A trading backend for one symbol: a book behind a journal, and its HTTP API. */
@Module({})
export class AppModule {
  static register(options: TradingOptions): DynamicModule {
    return { module: AppModule, imports: [TradingModule.register(options), HttpModule] };
  }
}
