/**
 * What the JSON of an order-book event looks like: which fields there are, in which order serde writes them,
 * and which integer type each has in Rust. Reading, checking and writing all follow these tables.
 */
import { matchContradiction } from './match-result-rules.js';
import type { Contradiction } from './match-result-rules.js';
import type { MatchResult } from './result.js';

export interface IntegerType {
  readonly kind: 'integer';
  readonly name: 'u16' | 'u64' | 'u128' | 'i64' | 'i128';
  readonly min: bigint;
  readonly max: bigint;
  /**
   * The smallest value that is written, where a later version of the crate accepts less than an earlier one
   * wrote.
   */
  readonly minWritten: bigint;
  /** Whether every u64 may be written. */
  readonly holdsU64: boolean;
  /** Decimal digits of the largest value. */
  readonly maxDigits: number;
  /** In TypeScript a `number` (only where every value is a safe integer) or a `bigint`. */
  readonly as: 'number' | 'bigint';
}

export interface StringType {
  readonly kind: 'string';
  /** `order-id` and `user-id` are texts that Rust parses on reading. */
  readonly of: 'text' | 'order-id' | 'user-id';
}

export interface BooleanType {
  readonly kind: 'boolean';
}

/** `Option<T>`: null, or the value. A missing one is read as null. */
export interface NullableType {
  readonly kind: 'nullable';
  readonly item: Type;
}

/** `Vec<T>`. */
export interface ListType {
  readonly kind: 'list';
  readonly item: Type;
}

export interface Field {
  readonly name: string;
  /** The name as it is written: `"price":`. */
  readonly label: string;
  readonly type: Type;
  /** Not written by every version of the crate: absent when it was not there. */
  readonly optional: boolean;
  /** The value that Rust, and this package, reads where the field is missing; undefined when it must be there. */
  readonly missing?: unknown;
  /** The text that is written for an optional field that the event does not have; undefined for nothing. */
  readonly filler?: string;
}

export interface StructType {
  readonly kind: 'struct';
  /** In the order of the Rust struct, which is the order on the wire. */
  readonly fields: readonly Field[];
  /** Finds what Rust refuses to read. It is asked when a value is written, never when one is read. */
  readonly contradiction?: (value: Record<string, unknown>) => Contradiction | null;
}

/** An externally tagged enum: `"Name"` for a variant without content, `{"Name":content}` for one with. */
export interface EnumType {
  readonly kind: 'enum';
  readonly variants: ReadonlyMap<string, Type | null>;
  /** Other spellings that Rust reads, but never writes. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** Anything JSON can hold: what an application adds to an order. */
export interface AnyType {
  readonly kind: 'any';
}

export type Type =
  IntegerType | StringType | BooleanType | NullableType | ListType | StructType | EnumType | AnyType;

export const U16 = integer('u16', 0n, 2n ** 16n - 1n, 'number');
export const U64 = integer('u64', 0n, 2n ** 64n - 1n);
export const U128 = integer('u128', 0n, 2n ** 128n - 1n);
/** `NonZeroU64` since 0.8: one zero, and Rust reads none of the journal. */
export const NON_ZERO_U64: IntegerType = { ...U64, minWritten: 1n, holdsU64: false };
export const I64 = integer('i64', -(2n ** 63n), 2n ** 63n - 1n);
export const I128 = integer('i128', -(2n ** 127n), 2n ** 127n - 1n);
const TEXT: StringType = { kind: 'string', of: 'text' };
const ORDER_ID: StringType = { kind: 'string', of: 'order-id' };
const USER_ID: StringType = { kind: 'string', of: 'user-id' };
const BOOLEAN: BooleanType = { kind: 'boolean' };
const ANY: AnyType = { kind: 'any' };

const SIDE = enumeration({ BUY: null, SELL: null }, { Buy: 'BUY', buy: 'BUY', Sell: 'SELL', sell: 'SELL' });

const TIME_IN_FORCE = enumeration(
  { GTC: null, IOC: null, FOK: null, GTD: U64, DAY: null },
  {
    ...{ Gtc: 'GTC', Ioc: 'IOC', Fok: 'FOK', Gtd: 'GTD', Day: 'DAY' },
    ...{ gtc: 'GTC', ioc: 'IOC', fok: 'FOK', gtd: 'GTD', day: 'DAY' },
  },
);

const PEG_REFERENCE_TYPE = enumeration({ BestBid: null, BestAsk: null, MidPrice: null, LastTrade: null });

const OWNER = { side: SIDE, user_id: USER_ID, timestamp: U64, time_in_force: TIME_IN_FORCE };
const PLAIN_ORDER = struct({ id: ORDER_ID, price: U128, quantity: U64, ...OWNER, extra_fields: ANY });
const HIDDEN = { visible_quantity: U64, hidden_quantity: U64 };

const ORDER = enumeration({
  Standard: PLAIN_ORDER,
  IcebergOrder: struct({ id: ORDER_ID, price: U128, ...HIDDEN, ...OWNER, extra_fields: ANY }),
  PostOnly: PLAIN_ORDER,
  TrailingStop: struct({
    ...{ id: ORDER_ID, price: U128, quantity: U64, ...OWNER },
    ...{ trail_amount: U64, last_reference_price: U128, extra_fields: ANY },
  }),
  PeggedOrder: struct({
    ...{ id: ORDER_ID, price: U128, quantity: U64, ...OWNER },
    ...{ reference_price_offset: I64, reference_price_type: PEG_REFERENCE_TYPE, extra_fields: ANY },
  }),
  MarketToLimit: PLAIN_ORDER,
  ReserveOrder: struct({
    ...{ id: ORDER_ID, price: U128, ...HIDDEN, ...OWNER },
    ...{ replenish_threshold: U64, replenish_amount: nullable(NON_ZERO_U64), auto_replenish: BOOLEAN },
    extra_fields: ANY,
  }),
});

const ORDER_UPDATE = enumeration({
  UpdatePrice: struct({ order_id: ORDER_ID, new_price: U128 }),
  UpdateQuantity: struct({ order_id: ORDER_ID, new_quantity: U64 }),
  UpdatePriceAndQuantity: struct({ order_id: ORDER_ID, new_price: U128, new_quantity: U64 }),
  Cancel: struct({ order_id: ORDER_ID }),
  Replace: struct({ order_id: ORDER_ID, price: U128, quantity: U64, side: SIDE }),
});

/** `SequencerCommand` of the crate. */
export const COMMAND = enumeration({
  AddOrder: ORDER,
  CancelOrder: ORDER_ID,
  UpdateOrder: ORDER_UPDATE,
  MarketOrder: struct({ id: ORDER_ID, quantity: U64, side: SIDE }),
  MarketOrderByAmount: struct({ id: ORDER_ID, amount: U128, side: SIDE }),
  CancelAll: null,
  CancelBySide: struct({ side: SIDE }),
  CancelByUser: struct({ user_id: USER_ID }),
  CancelByPriceRange: struct({ side: SIDE, min_price: U128, max_price: U128 }),
  EvictExpiredOrders: struct({ now_ms: U64 }),
});

const TRADE = struct({
  ...{ trade_id: ORDER_ID, taker_order_id: ORDER_ID, maker_order_id: ORDER_ID },
  ...{ price: U128, quantity: U64, taker_side: SIDE, timestamp: U64 },
});

const MATCH_OUTCOME = enumeration({
  filled: null,
  partially_filled: null,
  not_filled: null,
  killed: null,
  rejected: null,
});

const MESSAGE = struct({ message: TEXT });

/** `PriceLevelError` of pricelevel 0.10. */
export const PRICE_LEVEL_ERROR = enumeration({
  ParseError: MESSAGE,
  InvalidFormat: null,
  UnknownOrderType: TEXT,
  MissingField: TEXT,
  DuplicateOrderId: TEXT,
  InvalidFieldValue: struct({ field: TEXT, value: TEXT }),
  InvalidOperation: MESSAGE,
  SerializationError: MESSAGE,
  DeserializationError: MESSAGE,
  ChecksumMismatch: struct({ expected: TEXT, actual: TEXT }),
  EntropyUnavailable: MESSAGE,
  CapacityExceeded: struct({
    resource: enumeration({
      ...{ trades: null, filled_order_ids: null, validation_scratch: null, text: null, id_sequence: null },
      ...{ order_snapshot: null, sweep_scratch: null, restore_scratch: null, serialization_buffer: null },
    }),
    additional: U64,
  }),
  CounterExhausted: struct({
    counter: enumeration({
      ...{ orders_added: null, orders_removed: null, queue_sequence: null },
      ...{ topology_epoch: null, mutation_epoch: null, statistics_sequence: null },
    }),
  }),
});

const FAILED_ORDER = struct({ order_id: ORDER_ID, error: PRICE_LEVEL_ERROR });

/** `MassCancelFailure` of the crate, since 0.14. */
export const MASS_CANCEL_FAILURE = enumeration({
  level_unreadable: struct({ side: SIDE, price: U128, error: PRICE_LEVEL_ERROR }),
  order_cancel_failed: FAILED_ORDER,
  level_fault_after_removal: FAILED_ORDER,
});

const COMMITTED_TRADE = struct({
  ...{ trade_id: ORDER_ID, maker_order_id: ORDER_ID, price: U128, quantity: U64 },
});

const STP_MODE = enumeration({ None: null, CancelTaker: null, CancelMaker: null, CancelBoth: null });

/** What versions of the crate have different rules for, in writing a result. */
export interface ResultRules {
  /** Whether the members that 0.14 added are written even when a result does not have them. */
  readonly complete: boolean;
  /** Whether a match result that contradicts itself is refused. */
  readonly consistent: boolean;
}

/** Readable by every version that knows the variant. */
export const DEFAULT_RESULT_RULES: ResultRules = { complete: false, consistent: true };

/** `SequencerResult` of the crate. */
export const RESULT = resultType(DEFAULT_RESULT_RULES);

/** {@link RESULT} under other rules. */
export function resultType({ complete, consistent }: ResultRules): EnumType {
  const since014 = (name: string, type: Type, filler: string): Field => ({
    ...field(name, type, true),
    ...(complete ? { filler } : {}),
  });
  const matchResult: StructType = {
    ...structOf([
      ...fieldsOf({ order_id: ORDER_ID, trades: struct({ trades: list(TRADE) }), remaining_quantity: U64 }),
      ...fieldsOf({ is_complete: BOOLEAN, filled_order_ids: list(ORDER_ID) }),
      field('outcome', MATCH_OUTCOME, true),
      since014('error', nullable(PRICE_LEVEL_ERROR), 'null'),
    ]),
    ...(consistent ? { contradiction: (value) => matchContradiction(value as unknown as MatchResult) } : {}),
  };
  const tradeResult = structOf([
    ...fieldsOf({ symbol: TEXT, match_result: matchResult, total_maker_fees: I128, total_taker_fees: I128 }),
    { ...field('engine_seq', U64, false), missing: 0n },
    field('quote_notional', U128, true),
    since014('origin_stop_id', nullable(ORDER_ID), 'null'),
  ]);
  const massCancelResult = structOf([
    ...fieldsOf({ cancelled_count: U64, cancelled_order_ids: list(ORDER_ID) }),
    since014('failures', list(MASS_CANCEL_FAILURE), '[]'),
  ]);
  return enumeration({
    OrderAdded: struct({ order_id: ORDER_ID }),
    OrderCancelled: struct({ order_id: ORDER_ID }),
    OrderUpdated: struct({ order_id: ORDER_ID }),
    TradeExecuted: struct({ trade_result: tradeResult }),
    MassCancelled: struct({ result: massCancelResult }),
    Rejected: struct({ reason: TEXT }),
    RejectedWithCode: struct({
      ...{ reason: TEXT, code: U16, may_have_mutated: BOOLEAN },
      stp_mode: nullable(STP_MODE),
    }),
    MatchAborted: struct({
      ...{ reason: TEXT, code: U16 },
      committed: struct({ executed_quantity: U64, trades: list(COMMITTED_TRADE) }),
    }),
  });
}

function integer(
  name: IntegerType['name'],
  min: bigint,
  max: bigint,
  as: IntegerType['as'] = 'bigint',
): IntegerType {
  const holdsU64 = min <= 0n && max >= 2n ** 64n - 1n;
  return { kind: 'integer', name, min, minWritten: min, max, holdsU64, maxDigits: max.toString().length, as };
}

function struct(fields: Record<string, Type>): StructType {
  return structOf(fieldsOf(fields));
}

function structOf(fields: readonly Field[]): StructType {
  return { kind: 'struct', fields };
}

function fieldsOf(fields: Record<string, Type>): Field[] {
  return Object.entries(fields).map(([name, type]) => field(name, type, false));
}

function field(name: string, type: Type, optional: boolean): Field {
  // serde reads a missing `Option` as `None`.
  const missing = type.kind === 'nullable' && !optional ? { missing: null } : {};
  return { name, label: `"${name}":`, type, optional, ...missing };
}

function enumeration(variants: Record<string, Type | null>, aliases: Record<string, string> = {}): EnumType {
  return {
    kind: 'enum',
    variants: new Map(Object.entries(variants)),
    aliases: new Map(Object.entries(aliases)),
  };
}

function nullable(item: Type): NullableType {
  return { kind: 'nullable', item };
}

function list(item: Type): ListType {
  return { kind: 'list', item };
}
