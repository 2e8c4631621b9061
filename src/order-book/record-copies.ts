import * as literals from './literals.js';
import type { RecordLiteral } from './schema-elements.js';

/** Makes a new object with the properties of a record. */
export type RecordCopy = (record: Record<string, unknown>) => Record<string, unknown>;

/*
 * Copies of the records of commands. A command is copied twice: once for the journal, once for the aggregate.
 * Properties that are read by constant names take 10 ns for an order; those that a literal of `literals.ts`
 * reads through functions take 100 ns (measured).
 */
const COPIES: ReadonlyMap<unknown, unknown> = new Map<unknown, unknown>([
  copied(literals.standardOrder, (order) => ({
    id: order.id,
    price: order.price,
    quantity: order.quantity,
    side: order.side,
    user_id: order.user_id,
    timestamp: order.timestamp,
    time_in_force: order.time_in_force,
    extra_fields: order.extra_fields,
  })),
  copied(literals.icebergOrder, (order) => ({
    id: order.id,
    price: order.price,
    visible_quantity: order.visible_quantity,
    hidden_quantity: order.hidden_quantity,
    side: order.side,
    user_id: order.user_id,
    timestamp: order.timestamp,
    time_in_force: order.time_in_force,
    extra_fields: order.extra_fields,
  })),
  copied(literals.orderIdOnly, ({ order_id }) => ({ order_id })),
  copied(literals.updatePrice, ({ order_id, new_price }) => ({ order_id, new_price })),
  copied(literals.updateQuantity, ({ order_id, new_quantity }) => ({ order_id, new_quantity })),
  copied(literals.updatePriceAndQuantity, ({ order_id, new_price, new_quantity }) => ({
    order_id,
    new_price,
    new_quantity,
  })),
  copied(literals.replaceUpdate, ({ order_id, price, quantity, side }) => ({
    order_id,
    price,
    quantity,
    side,
  })),
  copied(literals.marketOrder, ({ id, quantity, side }) => ({ id, quantity, side })),
]);

function copied<T>(literal: RecordLiteral<T>, copy: (record: T) => T): [unknown, unknown] {
  return [literal, copy];
}

/** The copy of the records that a literal makes; null if there is none. */
export function copyOf(literal: RecordLiteral): RecordCopy | null {
  return (COPIES.get(literal) as RecordCopy | undefined) ?? null;
}
