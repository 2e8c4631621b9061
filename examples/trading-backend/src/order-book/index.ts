/**
 * A deterministic order book: commands in, results out, without a clock or random numbers. It knows neither
 * Nest nor the journal.
 */
export { OrderBook } from './order-book.js';
export type { OrderBookOptions } from './book-state.js';
export type { BookClock, CommandContext } from './book-clock.js';
export { commandTime } from './book-clock.js';
export type { LevelSnapshot, OrderBookSnapshot, EngineSnapshot } from './snapshot.js';
export { uuidTradeIds, uuidV5, OID_NAMESPACE, type TradeIdGenerator } from './trade-id.js';
