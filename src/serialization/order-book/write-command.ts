import type { OrderBookCommand, OrderUpdate } from './command.js';
import { writeJson } from '../json-write.js';
import type {
  IcebergOrder,
  Order,
  OrderFields,
  PegReferenceType,
  PeggedOrder,
  ReserveOrder,
  StandardOrder,
  TrailingStopOrder,
} from './order.js';
import { I64, NON_ZERO_U64, U128, U64 } from './schema.js';
import {
  UNUSUAL,
  boolean,
  integer,
  orderId,
  side,
  tagOf,
  timeInForce,
  userId,
  withFields,
  word,
} from './write-values.js';

/*
 * The schema, unrolled by hand like the readers: one template per shape is several times faster than a loop
 * over a table of fields. Everything here either writes what the careful writer would, or throws UNUSUAL.
 */

type Variant<T, Name extends string> = Extract<T, Record<Name, unknown>>;

/** Writes a command of the usual shape; throws UNUSUAL. */
export function writeCommand(command: OrderBookCommand<unknown>): string {
  if (command === 'CancelAll') return '"CancelAll"';
  if (typeof command !== 'object' || command === null) throw UNUSUAL;
  switch (tagOf(command)) {
    case 'AddOrder':
      return `{"AddOrder":${writeOrder((command as Variant<typeof command, 'AddOrder'>).AddOrder)}}`;
    case 'CancelOrder':
      return `{"CancelOrder":"${orderId((command as Variant<typeof command, 'CancelOrder'>).CancelOrder)}"}`;
    case 'UpdateOrder':
      return `{"UpdateOrder":${writeUpdate((command as Variant<typeof command, 'UpdateOrder'>).UpdateOrder)}}`;
    case 'MarketOrder': {
      const order = withFields((command as Variant<typeof command, 'MarketOrder'>).MarketOrder, 3);
      return `{"MarketOrder":{"id":"${orderId(order.id)}","quantity":${integer(order.quantity, U64)},"side":"${side(order.side)}"}}`;
    }
    case 'MarketOrderByAmount': {
      const order = withFields(
        (command as Variant<typeof command, 'MarketOrderByAmount'>).MarketOrderByAmount,
        3,
      );
      return `{"MarketOrderByAmount":{"id":"${orderId(order.id)}","amount":${integer(order.amount, U128)},"side":"${side(order.side)}"}}`;
    }
    case 'CancelBySide': {
      const cancel = withFields((command as Variant<typeof command, 'CancelBySide'>).CancelBySide, 1);
      return `{"CancelBySide":{"side":"${side(cancel.side)}"}}`;
    }
    case 'CancelByUser': {
      const cancel = withFields((command as Variant<typeof command, 'CancelByUser'>).CancelByUser, 1);
      return `{"CancelByUser":{"user_id":"${userId(cancel.user_id)}"}}`;
    }
    case 'CancelByPriceRange': {
      const cancel = withFields(
        (command as Variant<typeof command, 'CancelByPriceRange'>).CancelByPriceRange,
        3,
      );
      return `{"CancelByPriceRange":{"side":"${side(cancel.side)}","min_price":${integer(cancel.min_price, U128)},"max_price":${integer(cancel.max_price, U128)}}}`;
    }
    case 'EvictExpiredOrders': {
      const evict = withFields(
        (command as Variant<typeof command, 'EvictExpiredOrders'>).EvictExpiredOrders,
        1,
      );
      return `{"EvictExpiredOrders":{"now_ms":${integer(evict.now_ms, U64)}}}`;
    }
    default:
      throw UNUSUAL;
  }
}

function writeOrder(order: Order<unknown>): string {
  if (typeof order !== 'object' || order === null) throw UNUSUAL;
  const kind = tagOf(order);
  switch (kind) {
    case 'Standard':
    case 'PostOnly':
    case 'MarketToLimit':
      return writePlainOrder(
        kind,
        (order as Record<string, StandardOrder<unknown>>)[kind] as StandardOrder<unknown>,
      );
    case 'IcebergOrder':
      return writeIcebergOrder((order as Variant<typeof order, 'IcebergOrder'>).IcebergOrder);
    case 'TrailingStop':
      return writeTrailingStop((order as Variant<typeof order, 'TrailingStop'>).TrailingStop);
    case 'PeggedOrder':
      return writePeggedOrder((order as Variant<typeof order, 'PeggedOrder'>).PeggedOrder);
    case 'ReserveOrder':
      return writeReserveOrder((order as Variant<typeof order, 'ReserveOrder'>).ReserveOrder);
    default:
      throw UNUSUAL;
  }
}

function writePlainOrder(kind: string, order: StandardOrder<unknown>): string {
  const o = withFields(order, 8);
  return `{"${kind}":{"id":"${orderId(o.id)}","price":${integer(o.price, U128)},"quantity":${integer(o.quantity, U64)},${ownerFields(o)},${extraFields(o, kind)}}}`;
}

function writeIcebergOrder(order: IcebergOrder<unknown>): string {
  const o = withFields(order, 9);
  return `{"IcebergOrder":{"id":"${orderId(o.id)}","price":${integer(o.price, U128)},"visible_quantity":${integer(o.visible_quantity, U64)},"hidden_quantity":${integer(o.hidden_quantity, U64)},${ownerFields(o)},${extraFields(o, 'IcebergOrder')}}}`;
}

function writeTrailingStop(order: TrailingStopOrder<unknown>): string {
  const o = withFields(order, 10);
  return `{"TrailingStop":{"id":"${orderId(o.id)}","price":${integer(o.price, U128)},"quantity":${integer(o.quantity, U64)},${ownerFields(o)},"trail_amount":${integer(o.trail_amount, U64)},"last_reference_price":${integer(o.last_reference_price, U128)},${extraFields(o, 'TrailingStop')}}}`;
}

const PEG_REFERENCE_TYPES: ReadonlySet<PegReferenceType> = new Set([
  'BestBid',
  'BestAsk',
  'MidPrice',
  'LastTrade',
]);

function writePeggedOrder(order: PeggedOrder<unknown>): string {
  const o = withFields(order, 10);
  return `{"PeggedOrder":{"id":"${orderId(o.id)}","price":${integer(o.price, U128)},"quantity":${integer(o.quantity, U64)},${ownerFields(o)},"reference_price_offset":${integer(o.reference_price_offset, I64)},"reference_price_type":"${word(o.reference_price_type, PEG_REFERENCE_TYPES)}",${extraFields(o, 'PeggedOrder')}}}`;
}

function writeReserveOrder(order: ReserveOrder<unknown>): string {
  const o = withFields(order, 12);
  const amount = o.replenish_amount === null ? 'null' : integer(o.replenish_amount, NON_ZERO_U64);
  return `{"ReserveOrder":{"id":"${orderId(o.id)}","price":${integer(o.price, U128)},"visible_quantity":${integer(o.visible_quantity, U64)},"hidden_quantity":${integer(o.hidden_quantity, U64)},${ownerFields(o)},"replenish_threshold":${integer(o.replenish_threshold, U64)},"replenish_amount":${amount},"auto_replenish":${boolean(o.auto_replenish)},${extraFields(o, 'ReserveOrder')}}}`;
}

/** The four fields that stand together in every kind of order. */
function ownerFields(o: OrderFields<unknown>): string {
  return `"side":"${side(o.side)}","user_id":"${userId(o.user_id)}","timestamp":${integer(o.timestamp, U64)},"time_in_force":${timeInForce(o.time_in_force)}`;
}

function extraFields(o: OrderFields<unknown>, kind: string): string {
  if (o.extra_fields === null) return '"extra_fields":null';
  if (o.extra_fields === undefined) throw UNUSUAL;
  return `"extra_fields":${writeJson(o.extra_fields, ['command', 'AddOrder', kind, 'extra_fields'])}`;
}

function writeUpdate(update: OrderUpdate): string {
  if (typeof update !== 'object' || update === null) throw UNUSUAL;
  switch (tagOf(update)) {
    case 'UpdatePrice': {
      const u = withFields((update as Variant<OrderUpdate, 'UpdatePrice'>).UpdatePrice, 2);
      return `{"UpdatePrice":{"order_id":"${orderId(u.order_id)}","new_price":${integer(u.new_price, U128)}}}`;
    }
    case 'UpdateQuantity': {
      const u = withFields((update as Variant<OrderUpdate, 'UpdateQuantity'>).UpdateQuantity, 2);
      return `{"UpdateQuantity":{"order_id":"${orderId(u.order_id)}","new_quantity":${integer(u.new_quantity, U64)}}}`;
    }
    case 'UpdatePriceAndQuantity': {
      const u = withFields(
        (update as Variant<OrderUpdate, 'UpdatePriceAndQuantity'>).UpdatePriceAndQuantity,
        3,
      );
      return `{"UpdatePriceAndQuantity":{"order_id":"${orderId(u.order_id)}","new_price":${integer(u.new_price, U128)},"new_quantity":${integer(u.new_quantity, U64)}}}`;
    }
    case 'Cancel': {
      const u = withFields((update as Variant<OrderUpdate, 'Cancel'>).Cancel, 1);
      return `{"Cancel":{"order_id":"${orderId(u.order_id)}"}}`;
    }
    case 'Replace': {
      const u = withFields((update as Variant<OrderUpdate, 'Replace'>).Replace, 4);
      return `{"Replace":{"order_id":"${orderId(u.order_id)}","price":${integer(u.price, U128)},"quantity":${integer(u.quantity, U64)},"side":"${side(u.side)}"}}`;
    }
    default:
      throw UNUSUAL;
  }
}
