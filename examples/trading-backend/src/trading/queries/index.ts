import { GetBookHandler } from './get-book.query.js';
import { GetOrderHandler } from './get-order.query.js';
import { GetStatusHandler } from './get-status.query.js';
import { GetTradesHandler } from './get-trades.query.js';

/** The queries. Every answer shows durable state only. */
export { GetBookQuery, type BookView } from './get-book.query.js';
export { GetOrderQuery, type OrderView } from './get-order.query.js';
export { GetStatusQuery, type StatusView } from './get-status.query.js';
export { GetTradesQuery, type TradesView } from './get-trades.query.js';

export const QUERY_HANDLERS = [GetBookHandler, GetOrderHandler, GetTradesHandler, GetStatusHandler];
