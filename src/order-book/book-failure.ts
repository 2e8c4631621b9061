import type { OrderId, Side } from './order-types.js';

/**
 * An error of a price level of the Rust book.
 * @publicApi
 */
export type PriceLevelError =
  | 'InvalidFormat'
  | { UnknownOrderType: string }
  | { MissingField: string }
  | { DuplicateOrderId: string }
  | { InvalidFieldValue: { field: string; value: string } }
  | { ParseError: ErrorMessage }
  | { InvalidOperation: ErrorMessage }
  | { SerializationError: ErrorMessage }
  | { DeserializationError: ErrorMessage }
  | { EntropyUnavailable: ErrorMessage }
  | { ChecksumMismatch: { expected: string; actual: string } }
  /** `additional` is a u64. */
  | { CapacityExceeded: { resource: CapacityResource; additional: bigint } }
  | { CounterExhausted: { counter: ExhaustedCounter } };

/**
 * An error with a text for operators.
 * @publicApi
 */
export interface ErrorMessage {
  /** Text of the error. */
  message: string;
}

/**
 * A resource that a price level could not allocate.
 * @publicApi
 */
export type CapacityResource =
  | 'trades'
  | 'filled_order_ids'
  | 'validation_scratch'
  | 'text'
  | 'id_sequence'
  | 'order_snapshot'
  | 'sweep_scratch'
  | 'restore_scratch'
  | 'serialization_buffer';

/**
 * A counter of a price level that reached its largest value.
 * @publicApi
 */
export type ExhaustedCounter =
  | 'orders_added'
  | 'orders_removed'
  | 'queue_sequence'
  | 'topology_epoch'
  | 'mutation_epoch'
  | 'statistics_sequence';

/**
 * A price level or an order that a mass cancel could not process.
 * @publicApi
 */
export type MassCancelFailure =
  /** `price` is in ticks, u128. */
  | { level_unreadable: { side: Side; price: bigint; error: PriceLevelError } }
  | { order_cancel_failed: FailedOrder }
  /** The order was removed; its level failed afterwards. */
  | { level_fault_after_removal: FailedOrder };

/**
 * An order and its error.
 * @publicApi
 */
export interface FailedOrder {
  /** Id of the order. */
  order_id: OrderId;
  /** Why it could not be cancelled. */
  error: PriceLevelError;
}
