import { U64 } from '../../src/order-book/schema.js';
import type {
  EnumType,
  IntegerType,
  StringType,
  StructType,
  Type,
} from '../../src/order-book/schema-elements.js';
import type { MatchOutcome, MatchResult } from '../../src/order-book/result-types.js';
import type { Random } from '../support/random.js';

const ULID_DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const HEX_DIGITS = '0123456789abcdef';

/** A random value of a type of the order-book schema. */
export function randomValue(type: Type, random: Random): unknown {
  switch (type.kind) {
    case 'integer':
      return randomInteger(type, random);
    case 'string':
      return randomText(type, random);
    case 'boolean':
      return random.chance(0.5);
    case 'nullable':
      return random.chance(0.3) ? null : randomValue(type.item, random);
    case 'list':
      return Array.from({ length: random.below(4) }, () => randomValue(type.item, random));
    case 'struct':
      return type.rule === undefined ? randomStruct(type, random) : randomMatchResult(type, random);
    case 'enum':
      return randomVariant(type, random);
    case 'any':
      return randomExtra(random, 3);
  }
}

function randomStruct(type: StructType, random: Random): Record<string, unknown> {
  const struct: Record<string, unknown> = {};
  for (const field of type.fields) {
    if (field.optional && random.chance(0.5)) continue;
    struct[field.name] = randomValue(field.type, random);
  }
  return struct;
}

/** A match result of random fields. The fields that summarize others are made to agree with them. */
function randomMatchResult(type: StructType, random: Random): Record<string, unknown> {
  const result = randomStruct(type, random) as unknown as MatchResult;
  const { trades } = result.trades;
  for (const trade of trades) {
    trade.taker_order_id = result.order_id;
    if (random.chance(0.3)) trade.maker_order_id = trades[0]?.maker_order_id ?? '';
  }
  while (result.remaining_quantity + trades.reduce((sum, trade) => sum + trade.quantity, 0n) > U64.max) {
    const largest = trades.reduce((a, b) => (b.quantity > a.quantity ? b : a), { quantity: 0n });
    if (largest.quantity > result.remaining_quantity) largest.quantity /= 2n;
    else result.remaining_quantity /= 2n;
  }
  const makers = [...new Set(trades.map((trade) => trade.maker_order_id))];
  result.filled_order_ids = makers.filter(() => random.chance(0.5));
  result.is_complete = result.remaining_quantity === 0n;
  if (result.outcome !== undefined) result.outcome = randomOutcome(result, random);
  return result as unknown as Record<string, unknown>;
}

function randomOutcome({ is_complete: isComplete, trades }: MatchResult, random: Random): MatchOutcome {
  if (isComplete) return 'filled';
  return trades.trades.length > 0
    ? 'partially_filled'
    : random.pick<MatchOutcome>(['not_filled', 'killed', 'rejected']);
}

function randomInteger(type: IntegerType, random: Random): bigint | number {
  const value = random.bigint(type.minWritten, type.max);
  return type.as === 'number' ? Number(value) : value;
}

function randomText(type: StringType, random: Random): string {
  if (type.of === 'text') return random.text(12);
  if (type.of === 'user-id') return digits(random, HEX_DIGITS, 64);
  switch (random.below(3)) {
    case 0:
      return [8, 4, 4, 4, 12].map((length) => digits(random, HEX_DIGITS, length)).join('-');
    case 1:
      return `${random.below(8)}${digits(random, ULID_DIGITS, 25)}`;
    default:
      return random.bigint(0n, 2n ** 64n - 1n).toString();
  }
}

function digits(random: Random, alphabet: string, length: number): string {
  return Array.from({ length }, () => random.pick([...alphabet])).join('');
}

function randomVariant(type: EnumType, random: Random): unknown {
  const [name, content] = random.pick([...type.variants]);
  return content === null ? name : { [name]: randomValue(content, random) };
}

/**
 * A random value that the generic rules read back unchanged: safe integers as numbers, larger ones as
 * bigints.
 */
export function randomExtra(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 9 : 6)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.text(6);
    case 3:
      return Number(random.bigint(-(2n ** 53n) + 1n, 2n ** 53n - 1n));
    case 4:
      return random.bigint(2n ** 53n, 2n ** 140n) * (random.chance(0.5) ? 1n : -1n);
    case 5:
      return Math.fround(random.fraction() * 1000) + 0.5;
    case 6:
      return Array.from({ length: random.below(4) }, () => randomExtra(random, depth - 1));
    default: {
      const object: Record<string, unknown> = {};
      for (let left = random.below(4); left > 0; left--) {
        object[`k${random.text(3)}`] = randomExtra(random, depth - 1);
      }
      return object;
    }
  }
}
