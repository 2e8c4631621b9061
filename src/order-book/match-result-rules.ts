import type { MatchOutcome, MatchResult, Trade } from './result.js';

const LARGEST_U64 = 2n ** 64n - 1n;

/** What is wrong with a value although each of its fields is right by itself. */
export interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

/**
 * What pricelevel 0.9 and later (orderbook-rs 0.12) refuses when it reads a match result, or null. One such entry keeps Rust from
 * replaying the journal.
 * @param result with fields of the right types; integers may be safe numbers
 */
export function matchContradiction(result: MatchResult): Contradiction | null {
  const { is_complete: isComplete, filled_order_ids: filled, outcome } = result;
  const { trades } = result.trades;
  const hasRemainder = result.remaining_quantity > 0n;
  if (isComplete === hasRemainder) {
    return contradiction(
      `${isComplete} contradicts remaining_quantity, which is ${result.remaining_quantity}; a result is complete when nothing remains`,
      'is_complete',
    );
  }
  if (outcome !== undefined && !agrees(outcome, hasRemainder, trades.length, filled.length)) {
    return contradiction(
      `"${outcome}" contradicts remaining_quantity ${result.remaining_quantity}, ${trades.length} trades and ` +
        `${filled.length} filled orders`,
      'outcome',
    );
  }
  return contradictionOfTrades(result) ?? contradictionOfFilled(result);
}

/** Whether an outcome fits the fields that it sums up. */
function agrees(outcome: MatchOutcome, hasRemainder: boolean, trades: number, filled: number): boolean {
  switch (outcome) {
    case 'filled':
      return !hasRemainder;
    case 'partially_filled':
      return hasRemainder && trades > 0;
    case 'not_filled':
      return hasRemainder && trades === 0;
    case 'killed':
    case 'rejected':
      return hasRemainder && trades === 0 && filled === 0;
  }
}

/** So many quantities up to this one are a u64 together, without adding them: a bigint costs more to make than to compare. */
const SMALL_QUANTITY = 2n ** 53n;
const FEW_QUANTITIES = 1024;

/** Each trade belongs to the incoming order, and what was executed and what remains are a u64 together. */
function contradictionOfTrades({ order_id: orderId, trades, remaining_quantity: remaining }: MatchResult) {
  const list = trades.trades;
  let isSmall = list.length < FEW_QUANTITIES && remaining <= SMALL_QUANTITY;
  for (let index = 0; index < list.length; index++) {
    const { taker_order_id: taker, quantity } = list[index] as Trade;
    if (taker !== orderId) {
      return contradiction(
        `${taker} is not order_id of the match result, which is ${orderId}`,
        ...['trades', 'trades', index, 'taker_order_id'],
      );
    }
    if (quantity > SMALL_QUANTITY) isSmall = false;
  }
  if (isSmall) return null;
  const total = list.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n);
  if (total + BigInt(remaining) <= LARGEST_U64) return null;
  return contradiction(
    `the quantities of the trades are ${total} together, which with remaining_quantity ${remaining} is more than a u64`,
    ...['trades', 'trades'],
  );
}

/** The filled orders are makers of the trades, in their order, each once. */
function contradictionOfFilled(result: MatchResult): Contradiction | null {
  const { filled_order_ids: filled, trades } = result;
  let next = 0;
  for (let index = 0; index < filled.length; index++) {
    const id = filled[index] as string;
    while (next < trades.trades.length && trades.trades[next]?.maker_order_id !== id) next++;
    if (next === trades.trades.length) {
      return contradiction(
        `${id} is not a maker of the trades, or not in their order`,
        'filled_order_ids',
        index,
      );
    }
    next++;
  }
  // A maker may have several trades, so the search above lets a repetition pass.
  const repeated = indexOfRepetition(filled);
  return repeated < 0
    ? null
    : contradiction(`${filled[repeated]} is there twice`, 'filled_order_ids', repeated);
}

/** Up to this many, comparing all with all costs less than making a set. */
const FEW = 16;

function indexOfRepetition(ids: readonly string[]): number {
  if (ids.length <= FEW) {
    for (let index = 1; index < ids.length; index++) {
      if (ids.indexOf(ids[index] as string) !== index) return index;
    }
    return -1;
  }
  const seen = new Set<string>();
  return ids.findIndex((id) => seen.size === seen.add(id).size);
}

function contradiction(reason: string, ...path: (string | number)[]): Contradiction {
  return { path, reason };
}
