/**
 * The commands and results of an order book, as the Rust crate orderbook-rs journals them, and their codec.
 */
export type * from './order-types.js';
export type * from './command-types.js';
export type * from './book-failure.js';
export type * from './result-types.js';
export { variantOf } from './variant.js';
export { isOrderId, isUserId } from './ids.js';
export { orderBookCodec } from './codec.js';
export type { OrderBookCodecOptions } from './codec.js';
export type { IdRule, OrderBookEngine } from './write-rules.js';
