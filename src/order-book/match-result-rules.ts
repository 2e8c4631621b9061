import type { MatchOutcome, MatchResult, Trade } from './result-types.js';

const LARGEST_U64 = 2n ** 64n - 1n;

/** Two fields of a value that contradict each other, although each is valid by itself. */
export interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

/**
 * Returns the contradiction for which pricelevel 0.9 and later (orderbook-rs 0.12) rejects a match result;
 * null if it accepts the result. Rust cannot replay a journal that holds one such entry.
 * @param result with fields of the right types
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

/** Whether an outcome agrees with the fields that it summarizes. */
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

/** The sum of 1,024 quantities below this limit is a u64. Comparing bigints costs less than adding them. */
const SMALL_QUANTITY = 2n ** 53n;
const FEW_QUANTITIES = 1024;

/**
 * Checks that each trade belongs to the incoming order, and that the executed and remaining quantities add up
 * to a u64.
 */
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
  const total = list.reduce((sum, { quantity }) => sum + quantity, 0n);
  if (total + remaining <= LARGEST_U64) return null;
  return contradiction(
    `the quantities of the trades add up to ${total}, which with remaining_quantity ${remaining} exceeds a u64`,
    ...['trades', 'trades'],
  );
}

/** Checks that the filled orders are makers of the trades, in the order of the trades, each once. */
function contradictionOfFilled(result: MatchResult): Contradiction | null {
  const { filled_order_ids: filled, trades } = result;
  let next = 0;
  for (let index = 0; index < filled.length; index++) {
    const id = filled[index] as string;
    while (next < trades.trades.length && trades.trades[next]?.maker_order_id !== id) next++;
    if (next === trades.trades.length) {
      return contradiction(
        `${id} is not a maker of the trades, or not in the order of the trades`,
        'filled_order_ids',
        index,
      );
    }
    next++;
  }
  // A maker may have several trades, so the search above accepts repeated ids.
  const repeated = indexOfRepetition(filled);
  return repeated < 0
    ? null
    : contradiction(`${filled[repeated]} occurs twice`, 'filled_order_ids', repeated);
}

/** Up to this many ids, comparing all pairs costs less than making a set. */
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
