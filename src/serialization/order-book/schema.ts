/**
 * What the JSON of an order-book event looks like: which fields there are, in which order serde writes them,
 * and which integer type each has in Rust. Reading, checking and writing all follow these tables.
 */

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

/** `Option<T>`: null, or the value. */
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
  /** Not written by every version of the crate. */
  readonly optional: boolean;
}

export interface StructType {
  readonly kind: 'struct';
  /** In the order of the Rust struct, which is the order on the wire. */
  readonly fields: readonly Field[];
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

const MATCH_RESULT = struct(
  {
    ...{ order_id: ORDER_ID, trades: struct({ trades: list(TRADE) }), remaining_quantity: U64 },
    ...{ is_complete: BOOLEAN, filled_order_ids: list(ORDER_ID) },
  },
  { outcome: MATCH_OUTCOME },
);

const TRADE_RESULT = struct(
  {
    ...{ symbol: TEXT, match_result: MATCH_RESULT },
    ...{ total_maker_fees: I128, total_taker_fees: I128, engine_seq: U64 },
  },
  { quote_notional: U128 },
);

const STP_MODE = enumeration({ None: null, CancelTaker: null, CancelMaker: null, CancelBoth: null });

/** `SequencerResult` of the crate. */
export const RESULT = enumeration({
  OrderAdded: struct({ order_id: ORDER_ID }),
  OrderCancelled: struct({ order_id: ORDER_ID }),
  OrderUpdated: struct({ order_id: ORDER_ID }),
  TradeExecuted: struct({ trade_result: TRADE_RESULT }),
  MassCancelled: struct({
    result: struct({ cancelled_count: U64, cancelled_order_ids: list(ORDER_ID) }),
  }),
  Rejected: struct({ reason: TEXT }),
  RejectedWithCode: struct({
    ...{ reason: TEXT, code: U16, may_have_mutated: BOOLEAN },
    stp_mode: nullable(STP_MODE),
  }),
});

function integer(
  name: IntegerType['name'],
  min: bigint,
  max: bigint,
  as: IntegerType['as'] = 'bigint',
): IntegerType {
  const holdsU64 = min <= 0n && max >= 2n ** 64n - 1n;
  return { kind: 'integer', name, min, minWritten: min, max, holdsU64, maxDigits: max.toString().length, as };
}

function struct(fields: Record<string, Type>, optional: Record<string, Type> = {}): StructType {
  return {
    kind: 'struct',
    fields: [
      ...Object.entries(fields).map(([name, type]) => field(name, type, false)),
      ...Object.entries(optional).map(([name, type]) => field(name, type, true)),
    ],
  };
}

function field(name: string, type: Type, optional: boolean): Field {
  return { name, label: `"${name}":`, type, optional };
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
