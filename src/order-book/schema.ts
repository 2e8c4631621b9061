/**
 * The JSON of an order-book event: its fields in the order in which serde writes them, the integer type that
 * each has in Rust, and the versions of the crate that differ. Reading, checking and writing are compiled
 * from these tables.
 */
import * as literals from './literals.js';
import { matchContradiction } from './match-result-rules.js';
import type { MatchResult } from './result-types.js';
import { enumeration, integer, list, nullable, struct, withOptional, words } from './schema-elements.js';
import type { AnyType, BooleanType, IntegerType, StringType, StructType } from './schema-elements.js';

export const U16 = integer('u16', 0n, 2n ** 16n - 1n, 'number');
export const U64 = integer('u64', 0n, 2n ** 64n - 1n);
export const U128 = integer('u128', 0n, 2n ** 128n - 1n);
/** `NonZeroU64` since 0.8: Rust cannot read a journal with a zero in such a field. */
export const NON_ZERO_U64: IntegerType = { ...U64, minWritten: 1n, holdsU64: false };
export const I64 = integer('i64', -(2n ** 63n), 2n ** 63n - 1n);
export const I128 = integer('i128', -(2n ** 127n), 2n ** 127n - 1n);
const TEXT: StringType = { kind: 'string', of: 'text' };
const ORDER_ID: StringType = { kind: 'string', of: 'order-id' };
const USER_ID: StringType = { kind: 'string', of: 'user-id' };
const BOOLEAN: BooleanType = { kind: 'boolean' };
const ANY: AnyType = { kind: 'any' };

const SIDE = enumeration(
  { BUY: null, SELL: null },
  { aliases: { Buy: 'BUY', buy: 'BUY', Sell: 'SELL', sell: 'SELL' } },
);

const TIME_IN_FORCE = enumeration(
  { GTC: null, IOC: null, FOK: null, GTD: U64, DAY: null },
  {
    aliases: {
      ...{ Gtc: 'GTC', Ioc: 'IOC', Fok: 'FOK', Gtd: 'GTD', Day: 'DAY' },
      ...{ gtc: 'GTC', ioc: 'IOC', fok: 'FOK', gtd: 'GTD', day: 'DAY' },
    },
  },
);

const OWNER = { side: SIDE, user_id: USER_ID, timestamp: U64, time_in_force: TIME_IN_FORCE };
const VISIBLE = { id: ORDER_ID, price: U128, quantity: U64, ...OWNER };
const PARTLY_HIDDEN = { id: ORDER_ID, price: U128, visible_quantity: U64, hidden_quantity: U64, ...OWNER };
const STANDARD_ORDER = struct({ ...VISIBLE, extra_fields: ANY }, literals.standardOrder);

const ORDER = enumeration({
  Standard: STANDARD_ORDER,
  IcebergOrder: struct({ ...PARTLY_HIDDEN, extra_fields: ANY }, literals.icebergOrder),
  PostOnly: STANDARD_ORDER,
  TrailingStop: struct(
    { ...VISIBLE, trail_amount: U64, last_reference_price: U128, extra_fields: ANY },
    literals.trailingStop,
  ),
  PeggedOrder: struct(
    {
      ...{ ...VISIBLE, reference_price_offset: I64 },
      reference_price_type: words('BestBid', 'BestAsk', 'MidPrice', 'LastTrade'),
      extra_fields: ANY,
    },
    literals.peggedOrder,
  ),
  MarketToLimit: STANDARD_ORDER,
  ReserveOrder: struct(
    {
      ...{ ...PARTLY_HIDDEN, replenish_threshold: U64, replenish_amount: nullable(NON_ZERO_U64) },
      ...{ auto_replenish: BOOLEAN, extra_fields: ANY },
    },
    literals.reserveOrder,
  ),
});

const ONLY_ORDER_ID = struct({ order_id: ORDER_ID }, literals.orderIdOnly);

const ORDER_UPDATE = enumeration({
  UpdatePrice: struct({ order_id: ORDER_ID, new_price: U128 }, literals.updatePrice),
  UpdateQuantity: struct({ order_id: ORDER_ID, new_quantity: U64 }, literals.updateQuantity),
  UpdatePriceAndQuantity: struct(
    { order_id: ORDER_ID, new_price: U128, new_quantity: U64 },
    literals.updatePriceAndQuantity,
  ),
  Cancel: ONLY_ORDER_ID,
  Replace: struct({ order_id: ORDER_ID, price: U128, quantity: U64, side: SIDE }, literals.replaceUpdate),
});

/** `SequencerCommand` of the crate. */
export const COMMAND = enumeration(
  {
    AddOrder: ORDER,
    CancelOrder: ORDER_ID,
    UpdateOrder: ORDER_UPDATE,
    MarketOrder: struct({ id: ORDER_ID, quantity: U64, side: SIDE }, literals.marketOrder),
    MarketOrderByAmount: struct({ id: ORDER_ID, amount: U128, side: SIDE }),
    CancelAll: null,
    CancelBySide: struct({ side: SIDE }),
    CancelByUser: struct({ user_id: USER_ID }),
    CancelByPriceRange: struct({ side: SIDE, min_price: U128, max_price: U128 }),
    EvictExpiredOrders: struct({ now_ms: U64 }),
  },
  { since: { MarketOrderByAmount: '0.8', EvictExpiredOrders: '0.10' } },
);

const MESSAGE = struct({ message: TEXT });

/** `PriceLevelError` of pricelevel 0.10. */
const PRICE_LEVEL_ERROR = enumeration({
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
    resource: words(
      ...['trades', 'filled_order_ids', 'validation_scratch', 'text', 'id_sequence', 'order_snapshot'],
      ...['sweep_scratch', 'restore_scratch', 'serialization_buffer'],
    ),
    additional: U64,
  }),
  CounterExhausted: struct({
    counter: words(
      ...['orders_added', 'orders_removed', 'queue_sequence'],
      ...['topology_epoch', 'mutation_epoch', 'statistics_sequence'],
    ),
  }),
});

const FAILED_ORDER = struct({ order_id: ORDER_ID, error: PRICE_LEVEL_ERROR });

/** `MassCancelFailure` of the crate, since 0.14. */
const MASS_CANCEL_FAILURE = enumeration({
  level_unreadable: struct({ side: SIDE, price: U128, error: PRICE_LEVEL_ERROR }),
  order_cancel_failed: FAILED_ORDER,
  level_fault_after_removal: FAILED_ORDER,
});

const TRADE = struct(
  {
    ...{ trade_id: ORDER_ID, taker_order_id: ORDER_ID, maker_order_id: ORDER_ID },
    ...{ price: U128, quantity: U64, taker_side: SIDE, timestamp: U64 },
  },
  literals.trade,
);

const MATCH_RESULT: StructType = {
  ...withOptional(
    struct(
      {
        ...{ order_id: ORDER_ID, trades: struct({ trades: list(TRADE) }, literals.tradeList) },
        ...{ remaining_quantity: U64, is_complete: BOOLEAN, filled_order_ids: list(ORDER_ID) },
      },
      literals.matchResult,
    ),
    {
      outcome: [words('filled', 'partially_filled', 'not_filled', 'killed', 'rejected')],
      error: [nullable(PRICE_LEVEL_ERROR), { filler: { text: 'null', since: '0.14' } }],
    },
  ),
  rule: { contradiction: (value) => matchContradiction(value as unknown as MatchResult), since: '0.12' },
};

/** A missing `engine_seq` is read as 0. */
const TRADE_RESULT = withOptional(
  struct(
    {
      ...{ symbol: TEXT, match_result: MATCH_RESULT, total_maker_fees: I128, total_taker_fees: I128 },
      engine_seq: U64,
    },
    literals.tradeResult,
    { engine_seq: 0n },
  ),
  {
    quote_notional: [U128],
    origin_stop_id: [nullable(ORDER_ID), { filler: { text: 'null', since: '0.14' } }],
  },
);

const MASS_CANCEL_RESULT = withOptional(
  struct({ cancelled_count: U64, cancelled_order_ids: list(ORDER_ID) }, literals.massCancelResult),
  { failures: [list(MASS_CANCEL_FAILURE), { filler: { text: '[]', since: '0.14' } }] },
);

const COMMITTED_TRADE = struct(
  { trade_id: ORDER_ID, maker_order_id: ORDER_ID, price: U128, quantity: U64 },
  literals.committedTrade,
);

const COMMITTED_PREFIX = struct(
  { executed_quantity: U64, trades: list(COMMITTED_TRADE) },
  literals.committedPrefix,
);

const STP_MODE = words('None', 'CancelTaker', 'CancelMaker', 'CancelBoth');

/** `SequencerResult` of the crate. */
export const RESULT = enumeration(
  {
    OrderAdded: ONLY_ORDER_ID,
    OrderCancelled: ONLY_ORDER_ID,
    OrderUpdated: ONLY_ORDER_ID,
    TradeExecuted: struct({ trade_result: TRADE_RESULT }, literals.tradeExecuted),
    MassCancelled: struct({ result: MASS_CANCEL_RESULT }),
    Rejected: struct({ reason: TEXT }, literals.rejected),
    RejectedWithCode: struct(
      { reason: TEXT, code: U16, may_have_mutated: BOOLEAN, stp_mode: nullable(STP_MODE) },
      literals.rejectedWithCode,
    ),
    MatchAborted: struct({ reason: TEXT, code: U16, committed: COMMITTED_PREFIX }, literals.matchAborted),
  },
  { since: { RejectedWithCode: '0.13', MatchAborted: '0.14' } },
);
