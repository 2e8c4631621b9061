import type { OrderBookResult, OrderId, Side } from 'nestjs-file-journal/order-book';

/** The rejection of a command, with the reason in the words of the Rust engine. */
export type Rejected = Extract<OrderBookResult, { Rejected: unknown }>;

function rejected(reason: string): Rejected {
  return { Rejected: { reason } };
}

/**
 * The reasons for which a book rejects a command. Journals contain these texts, so they never change. All but
 * `tooManyTrades` come from the Rust engine.
 */
export const reject = {
  orderNotFound: (id: OrderId) => rejected(`order not found: ${id}`),
  duplicateOrderId: (id: OrderId) =>
    rejected(`duplicate order id: order ${id} is already resting on the book`),
  missingUserId: (id: OrderId) =>
    rejected(`missing user_id: order ${id} rejected because STP is enabled and user_id is zero`),
  invalidTickSize: (price: bigint, tickSize: bigint) =>
    rejected(`invalid tick size: price ${price} is not a multiple of tick size ${tickSize}`),
  invalidLotSize: (quantity: bigint, lotSize: bigint) =>
    rejected(`invalid lot size: quantity ${quantity} is not a multiple of lot size ${lotSize}`),
  quantityOverflow: (visible: bigint, hidden: bigint) =>
    rejected(`quantity overflow: visible ${visible} + hidden ${hidden} exceeds u64`),
  samePrice: () => rejected('Invalid operation: Cannot update price to the same value'),
  expired: () => rejected('Invalid operation: Order has already expired'),
  priceCrossing: (side: Side, price: bigint, opposite: bigint) =>
    rejected(`Price crossing: ${side} ${price} would cross opposite at ${opposite}`),
  insufficientLiquidity: (side: Side, requested: bigint, available: bigint) =>
    rejected(`Insufficient liquidity for ${side} order: requested ${requested}, available ${available}`),
  insufficientLiquidityByAmount: (side: Side, requested: bigint) =>
    rejected(`Insufficient liquidity by notional for ${side} order: requested ${requested}, spent 0`),
  tooManyTrades: (limit: number) =>
    rejected(`Invalid operation: the match would take more than ${limit} trades`),
  levelCapacity: (id: OrderId, price: bigint) =>
    rejected(
      `Invalid operation: resting order ${id} would overflow the aggregate capacity of level ${price}`,
    ),
  levelOverflow: (sum: 'visible' | 'hidden') =>
    rejected(`Price level error: Invalid operation: price level ${sum} quantity overflow on admission`),
  levelOverflowOnUpdate: () =>
    rejected('Price level error: Invalid operation: price level quantity counter overflow on update'),
};

/** The beginnings of reasons that may follow a change of the book. */
const MAY_HAVE_CHANGED: readonly string[] = [
  'Insufficient liquidity',
  'Price level error: ',
  'Invalid operation: resting order ',
];

/**
 * Whether a command that was rejected for this reason may have changed the book, so that a replay must
 * execute it.
 */
export function mayHaveChanged({ Rejected: { reason } }: Rejected): boolean {
  return MAY_HAVE_CHANGED.some((beginning) => reason.startsWith(beginning));
}
