import type { AsciiWriter, Piece } from '../serialization/index.js';
import { writeJson } from '../serialization/index.js';
import type { OrderBookCommand, OrderUpdate } from './command.js';
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
import { P } from './pieces.js';
import {
  NULL,
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
  writtenWords,
} from './write-values.js';

/*
 * The schema, unrolled by hand like the readers: the calls for one shape in a row are several times faster than a loop
 * over a table of fields. Everything here either writes what the careful writer would, or throws UNUSUAL (or
 * NO_ROOM). A piece before an id ends with its opening quote, the piece behind it begins with the closing one.
 */

type Variant<T, Name extends string> = Extract<T, Record<Name, unknown>>;

/** Writes a command of the usual shape; throws UNUSUAL. */
export function writeCommand(w: AsciiWriter, command: OrderBookCommand<unknown>): void {
  if (command === 'CancelAll') return w.piece(P.cancelAll);
  if (typeof command !== 'object' || command === null) throw UNUSUAL;
  switch (tagOf(command)) {
    case 'AddOrder':
      return writeOrder(w, (command as Variant<typeof command, 'AddOrder'>).AddOrder);
    case 'CancelOrder':
      orderId(w, P.cancelOrder, (command as Variant<typeof command, 'CancelOrder'>).CancelOrder);
      return w.piece(P.quoteClose1);
    case 'UpdateOrder':
      return writeUpdate(w, (command as Variant<typeof command, 'UpdateOrder'>).UpdateOrder);
    case 'MarketOrder': {
      const order = withFields((command as Variant<typeof command, 'MarketOrder'>).MarketOrder, 3);
      orderId(w, P.marketOrder, order.id);
      integer(w, P.quoteQuantity, order.quantity, U64);
      side(w, P.side, order.side);
      return w.piece(P.close2);
    }
    case 'MarketOrderByAmount': {
      const order = withFields(
        (command as Variant<typeof command, 'MarketOrderByAmount'>).MarketOrderByAmount,
        3,
      );
      orderId(w, P.marketOrderByAmount, order.id);
      integer(w, P.quoteAmount, order.amount, U128);
      side(w, P.side, order.side);
      return w.piece(P.close2);
    }
    case 'CancelBySide': {
      const cancel = withFields((command as Variant<typeof command, 'CancelBySide'>).CancelBySide, 1);
      side(w, P.cancelBySide, cancel.side);
      return w.piece(P.close2);
    }
    case 'CancelByUser': {
      const cancel = withFields((command as Variant<typeof command, 'CancelByUser'>).CancelByUser, 1);
      userId(w, P.cancelByUser, cancel.user_id);
      return w.piece(P.quoteClose2);
    }
    case 'CancelByPriceRange': {
      const cancel = withFields(
        (command as Variant<typeof command, 'CancelByPriceRange'>).CancelByPriceRange,
        3,
      );
      side(w, P.cancelByPriceRange, cancel.side);
      integer(w, P.minPrice, cancel.min_price, U128);
      integer(w, P.maxPrice, cancel.max_price, U128);
      return w.piece(P.close2);
    }
    case 'EvictExpiredOrders': {
      const evict = withFields(
        (command as Variant<typeof command, 'EvictExpiredOrders'>).EvictExpiredOrders,
        1,
      );
      integer(w, P.evictExpiredOrders, evict.now_ms, U64);
      return w.piece(P.close2);
    }
    default:
      throw UNUSUAL;
  }
}

function writeOrder(w: AsciiWriter, order: Order<unknown>): void {
  if (typeof order !== 'object' || order === null) throw UNUSUAL;
  switch (tagOf(order)) {
    case 'Standard':
      return writePlainOrder(
        w,
        P.standard,
        (order as Variant<typeof order, 'Standard'>).Standard,
        'Standard',
      );
    case 'PostOnly':
      return writePlainOrder(
        w,
        P.postOnly,
        (order as Variant<typeof order, 'PostOnly'>).PostOnly,
        'PostOnly',
      );
    case 'MarketToLimit':
      return writePlainOrder(
        w,
        P.marketToLimit,
        (order as Variant<typeof order, 'MarketToLimit'>).MarketToLimit,
        'MarketToLimit',
      );
    case 'IcebergOrder':
      return writeIcebergOrder(w, (order as Variant<typeof order, 'IcebergOrder'>).IcebergOrder);
    case 'TrailingStop':
      return writeTrailingStop(w, (order as Variant<typeof order, 'TrailingStop'>).TrailingStop);
    case 'PeggedOrder':
      return writePeggedOrder(w, (order as Variant<typeof order, 'PeggedOrder'>).PeggedOrder);
    case 'ReserveOrder':
      return writeReserveOrder(w, (order as Variant<typeof order, 'ReserveOrder'>).ReserveOrder);
    default:
      throw UNUSUAL;
  }
}

function writePlainOrder(w: AsciiWriter, before: Piece, order: StandardOrder<unknown>, kind: string): void {
  const o = withFields(order, 8);
  orderId(w, before, o.id);
  integer(w, P.quotePrice, o.price, U128);
  integer(w, P.quantity, o.quantity, U64);
  writeOwner(w, o);
  writeExtraFields(w, o, kind);
}

function writeIcebergOrder(w: AsciiWriter, order: IcebergOrder<unknown>): void {
  const o = withFields(order, 9);
  orderId(w, P.icebergOrder, o.id);
  integer(w, P.quotePrice, o.price, U128);
  integer(w, P.visibleQuantity, o.visible_quantity, U64);
  integer(w, P.hiddenQuantity, o.hidden_quantity, U64);
  writeOwner(w, o);
  writeExtraFields(w, o, 'IcebergOrder');
}

function writeTrailingStop(w: AsciiWriter, order: TrailingStopOrder<unknown>): void {
  const o = withFields(order, 10);
  orderId(w, P.trailingStop, o.id);
  integer(w, P.quotePrice, o.price, U128);
  integer(w, P.quantity, o.quantity, U64);
  writeOwner(w, o);
  integer(w, P.trailAmount, o.trail_amount, U64);
  integer(w, P.lastReferencePrice, o.last_reference_price, U128);
  writeExtraFields(w, o, 'TrailingStop');
}

const PEG_REFERENCE_TYPES = writtenWords<PegReferenceType>('BestBid', 'BestAsk', 'MidPrice', 'LastTrade');

function writePeggedOrder(w: AsciiWriter, order: PeggedOrder<unknown>): void {
  const o = withFields(order, 10);
  orderId(w, P.peggedOrder, o.id);
  integer(w, P.quotePrice, o.price, U128);
  integer(w, P.quantity, o.quantity, U64);
  writeOwner(w, o);
  integer(w, P.referencePriceOffset, o.reference_price_offset, I64);
  word(w, P.referencePriceType, o.reference_price_type, PEG_REFERENCE_TYPES);
  writeExtraFields(w, o, 'PeggedOrder');
}

function writeReserveOrder(w: AsciiWriter, order: ReserveOrder<unknown>): void {
  const o = withFields(order, 12);
  orderId(w, P.reserveOrder, o.id);
  integer(w, P.quotePrice, o.price, U128);
  integer(w, P.visibleQuantity, o.visible_quantity, U64);
  integer(w, P.hiddenQuantity, o.hidden_quantity, U64);
  writeOwner(w, o);
  integer(w, P.replenishThreshold, o.replenish_threshold, U64);
  const amount = o.replenish_amount;
  if (amount === null) {
    w.piece(P.replenishAmount);
    w.piece(NULL);
  } else {
    integer(w, P.replenishAmount, amount, NON_ZERO_U64);
  }
  boolean(w, P.autoReplenish, o.auto_replenish);
  writeExtraFields(w, o, 'ReserveOrder');
}

/** The four fields that stand together in every kind of order. */
function writeOwner(w: AsciiWriter, o: OrderFields<unknown>): void {
  side(w, P.side, o.side);
  userId(w, P.userId, o.user_id);
  integer(w, P.quoteTimestamp, o.timestamp, U64);
  timeInForce(w, P.timeInForce, o.time_in_force);
}

/** The last field, and the brackets that close order, kind and command. */
function writeExtraFields(w: AsciiWriter, o: OrderFields<unknown>, kind: string): void {
  const extra = o.extra_fields;
  if (extra === null) return w.piece(P.noExtraFieldsClose3);
  if (extra === undefined) throw UNUSUAL;
  w.piece(P.extraFields);
  w.text(writeJson(extra, ['command', 'AddOrder', kind, 'extra_fields']));
  w.piece(P.close3);
}

function writeUpdate(w: AsciiWriter, update: OrderUpdate): void {
  if (typeof update !== 'object' || update === null) throw UNUSUAL;
  switch (tagOf(update)) {
    case 'UpdatePrice': {
      const u = withFields((update as Variant<OrderUpdate, 'UpdatePrice'>).UpdatePrice, 2);
      orderId(w, P.updatePrice, u.order_id);
      integer(w, P.quoteNewPrice, u.new_price, U128);
      return w.piece(P.close3);
    }
    case 'UpdateQuantity': {
      const u = withFields((update as Variant<OrderUpdate, 'UpdateQuantity'>).UpdateQuantity, 2);
      orderId(w, P.updateQuantity, u.order_id);
      integer(w, P.quoteNewQuantity, u.new_quantity, U64);
      return w.piece(P.close3);
    }
    case 'UpdatePriceAndQuantity': {
      const u = withFields(
        (update as Variant<OrderUpdate, 'UpdatePriceAndQuantity'>).UpdatePriceAndQuantity,
        3,
      );
      orderId(w, P.updatePriceAndQuantity, u.order_id);
      integer(w, P.quoteNewPrice, u.new_price, U128);
      integer(w, P.newQuantity, u.new_quantity, U64);
      return w.piece(P.close3);
    }
    case 'Cancel': {
      const u = withFields((update as Variant<OrderUpdate, 'Cancel'>).Cancel, 1);
      orderId(w, P.cancel, u.order_id);
      return w.piece(P.quoteClose3);
    }
    case 'Replace': {
      const u = withFields((update as Variant<OrderUpdate, 'Replace'>).Replace, 4);
      orderId(w, P.replace, u.order_id);
      integer(w, P.quotePrice, u.price, U128);
      integer(w, P.quantity, u.quantity, U64);
      side(w, P.side, u.side);
      return w.piece(P.close3);
    }
    default:
      throw UNUSUAL;
  }
}
