import type {
  CancelByPriceRange,
  MarketOrder,
  MarketOrderByAmount,
  OrderBookCommand,
  OrderUpdate,
} from './command.js';
import {
  close,
  label,
  readAny,
  readBoolean,
  readInteger,
  readString,
  skip,
  skipNull,
  take,
} from './cursor.js';
import type { Cursor } from './cursor.js';
import { readSide, readWord, words } from './read-words.js';
import { L } from './labels.js';
import type { Order, PegReferenceType, TimeInForce } from './order.js';
import { I64, U128, U64 } from './schema.js';

/*
 * The schema, unrolled by hand: an object literal with direct calls is three times faster than a loop over a
 * table of fields. Properties of a literal are evaluated in the order in which they are written, which here
 * is the order on the wire. A test makes random values of every type in the schema and demands that both ways
 * agree.
 */

/** Reads a command that is laid out as serde writes it; throws NOT_AS_SERDE. */
export function readCommand(c: Cursor): OrderBookCommand<unknown> {
  if (skip(c, L.addOrder)) return close(c, { AddOrder: readOrder(c) });
  if (skip(c, L.cancelOrder)) return close(c, { CancelOrder: readString(c, L.nothing) });
  if (skip(c, L.updateOrder)) return close(c, { UpdateOrder: readUpdate(c) });
  if (skip(c, L.marketOrder)) return close(c, { MarketOrder: readMarketOrder(c) });
  if (skip(c, L.marketOrderByAmount)) return close(c, { MarketOrderByAmount: readMarketOrderByAmount(c) });
  if (skip(c, L.cancelAll)) return 'CancelAll';
  if (skip(c, L.cancelBySide)) return close(c, { CancelBySide: close(c, { side: readSide(c, L.nothing) }) });
  if (skip(c, L.cancelByUser)) {
    return close(c, { CancelByUser: close(c, { user_id: readString(c, L.nothing) }) });
  }
  if (skip(c, L.cancelByPriceRange)) return close(c, { CancelByPriceRange: readPriceRange(c) });
  take(c, L.evictExpiredOrders);
  return close(c, { EvictExpiredOrders: close(c, { now_ms: readInteger(c, L.nothing, U64) }) });
}

function readOrder(c: Cursor): Order<unknown> {
  if (skip(c, L.standard)) return close(c, { Standard: readPlainOrder(c) });
  if (skip(c, L.icebergOrder)) return close(c, { IcebergOrder: readIcebergOrder(c) });
  if (skip(c, L.postOnly)) return close(c, { PostOnly: readPlainOrder(c) });
  if (skip(c, L.trailingStop)) return close(c, { TrailingStop: readTrailingStop(c) });
  if (skip(c, L.peggedOrder)) return close(c, { PeggedOrder: readPeggedOrder(c) });
  if (skip(c, L.marketToLimit)) return close(c, { MarketToLimit: readPlainOrder(c) });
  take(c, L.reserveOrder);
  return close(c, { ReserveOrder: readReserveOrder(c) });
}

function readPlainOrder(c: Cursor) {
  return close(c, {
    id: readString(c, L.id),
    price: readInteger(c, L.price, U128),
    quantity: readInteger(c, L.quantity, U64),
    side: readSide(c, L.side),
    user_id: readString(c, L.userId),
    timestamp: readInteger(c, L.timestamp, U64),
    time_in_force: readTimeInForce(c, L.timeInForce),
    extra_fields: readExtraFields(c, L.extraFields),
  });
}

function readIcebergOrder(c: Cursor) {
  return close(c, {
    id: readString(c, L.id),
    price: readInteger(c, L.price, U128),
    visible_quantity: readInteger(c, L.visibleQuantity, U64),
    hidden_quantity: readInteger(c, L.hiddenQuantity, U64),
    side: readSide(c, L.side),
    user_id: readString(c, L.userId),
    timestamp: readInteger(c, L.timestamp, U64),
    time_in_force: readTimeInForce(c, L.timeInForce),
    extra_fields: readExtraFields(c, L.extraFields),
  });
}

function readTrailingStop(c: Cursor) {
  return close(c, {
    id: readString(c, L.id),
    price: readInteger(c, L.price, U128),
    quantity: readInteger(c, L.quantity, U64),
    side: readSide(c, L.side),
    user_id: readString(c, L.userId),
    timestamp: readInteger(c, L.timestamp, U64),
    time_in_force: readTimeInForce(c, L.timeInForce),
    trail_amount: readInteger(c, L.trailAmount, U64),
    last_reference_price: readInteger(c, L.lastReferencePrice, U128),
    extra_fields: readExtraFields(c, L.extraFields),
  });
}

function readPeggedOrder(c: Cursor) {
  return close(c, {
    id: readString(c, L.id),
    price: readInteger(c, L.price, U128),
    quantity: readInteger(c, L.quantity, U64),
    side: readSide(c, L.side),
    user_id: readString(c, L.userId),
    timestamp: readInteger(c, L.timestamp, U64),
    time_in_force: readTimeInForce(c, L.timeInForce),
    reference_price_offset: readInteger(c, L.referencePriceOffset, I64),
    reference_price_type: readPegReferenceType(c, L.referencePriceType),
    extra_fields: readExtraFields(c, L.extraFields),
  });
}

function readReserveOrder(c: Cursor) {
  return close(c, {
    id: readString(c, L.id),
    price: readInteger(c, L.price, U128),
    visible_quantity: readInteger(c, L.visibleQuantity, U64),
    hidden_quantity: readInteger(c, L.hiddenQuantity, U64),
    side: readSide(c, L.side),
    user_id: readString(c, L.userId),
    timestamp: readInteger(c, L.timestamp, U64),
    time_in_force: readTimeInForce(c, L.timeInForce),
    replenish_threshold: readInteger(c, L.replenishThreshold, U64),
    replenish_amount: readReplenishAmount(c, L.replenishAmount),
    auto_replenish: readBoolean(c, L.autoReplenish),
    extra_fields: readExtraFields(c, L.extraFields),
  });
}

function readReplenishAmount(c: Cursor, before: Uint8Array): bigint | null {
  take(c, before);
  return skipNull(c) ? null : readInteger(c, L.nothing, U64);
}

/** Brackets around an order's extra fields: event, command, kind of order, order. */
const EXTRA_FIELDS_NESTING = 4;

function readExtraFields(c: Cursor, before: Uint8Array): unknown {
  return readAny(c, before, EXTRA_FIELDS_NESTING);
}

function readUpdate(c: Cursor): OrderUpdate {
  if (skip(c, L.updatePrice)) {
    return close(c, {
      UpdatePrice: close(c, {
        order_id: readString(c, L.orderId),
        new_price: readInteger(c, L.newPrice, U128),
      }),
    });
  }
  if (skip(c, L.updateQuantity)) {
    return close(c, {
      UpdateQuantity: close(c, {
        order_id: readString(c, L.orderId),
        new_quantity: readInteger(c, L.newQuantity, U64),
      }),
    });
  }
  if (skip(c, L.updatePriceAndQuantity)) {
    return close(c, {
      UpdatePriceAndQuantity: close(c, {
        order_id: readString(c, L.orderId),
        new_price: readInteger(c, L.newPrice, U128),
        new_quantity: readInteger(c, L.newQuantity, U64),
      }),
    });
  }
  if (skip(c, L.cancel)) return close(c, { Cancel: readOrderId(c) });
  take(c, L.replace);
  return close(c, {
    Replace: close(c, {
      order_id: readString(c, L.orderId),
      price: readInteger(c, L.price, U128),
      quantity: readInteger(c, L.quantity, U64),
      side: readSide(c, L.side),
    }),
  });
}

function readOrderId(c: Cursor) {
  return close(c, { order_id: readString(c, L.orderId) });
}

function readMarketOrder(c: Cursor): MarketOrder {
  return close(c, {
    id: readString(c, L.id),
    quantity: readInteger(c, L.quantity, U64),
    side: readSide(c, L.side),
  });
}

function readMarketOrderByAmount(c: Cursor): MarketOrderByAmount {
  return close(c, {
    id: readString(c, L.id),
    amount: readInteger(c, L.amount, U128),
    side: readSide(c, L.side),
  });
}

function readPriceRange(c: Cursor): CancelByPriceRange {
  return close(c, {
    side: readSide(c, L.nothing),
    min_price: readInteger(c, L.minPrice, U128),
    max_price: readInteger(c, L.maxPrice, U128),
  });
}

const PLAIN_TIMES_IN_FORCE = words('GTC', 'IOC', 'FOK', 'DAY');
const GTD = label('{"GTD":');

function readTimeInForce(c: Cursor, before: Uint8Array): TimeInForce {
  take(c, before);
  if (skip(c, GTD)) return close(c, { GTD: readInteger(c, L.nothing, U64) });
  return readWord(c, L.nothing, PLAIN_TIMES_IN_FORCE);
}

const PEG_REFERENCE_TYPES = words<PegReferenceType>('BestBid', 'BestAsk', 'MidPrice', 'LastTrade');

function readPegReferenceType(c: Cursor, before: Uint8Array): PegReferenceType {
  return readWord(c, before, PEG_REFERENCE_TYPES);
}
