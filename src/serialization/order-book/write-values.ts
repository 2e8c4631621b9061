import { isPlain, isWellFormed } from '../json-write.js';
import { isOrderId, isUserId } from './ids.js';
import type { Side, TimeInForce } from './order.js';
import { U64 } from './schema.js';
import type { IntegerType } from './schema.js';

/**
 * Thrown as it is by the fast writers for a value they do not write: a wrong one, or one of unusual shape (a
 * `number` for a bigint, unknown fields). The careful writer then writes it, or says what is wrong and where.
 */
export const UNUSUAL = Symbol('not the usual shape');

/** The name of the only property, which is the variant. */
export function tagOf(value: object): string {
  const keys = Object.keys(value);
  if (keys.length !== 1) throw UNUSUAL;
  return keys[0] as string;
}

/**
 * The same object, if it has this number of properties: with all known fields read from it, it then has no
 * others.
 */
export function withFields<T extends object>(value: T, count: number): T {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== count) throw UNUSUAL;
  return value;
}

export function integer(value: bigint, type: IntegerType): string {
  if (typeof value !== 'bigint' || value > type.max || value < type.minWritten) throw UNUSUAL;
  return value.toString();
}

/** What stands between the quotes: no such id needs an escape. */
export function orderId(value: string): string {
  if (typeof value !== 'string' || !isOrderId(value)) throw UNUSUAL;
  return value;
}

export function userId(value: string): string {
  if (typeof value !== 'string' || !isUserId(value)) throw UNUSUAL;
  return value;
}

/** Any text, with its quotes. */
export function text(value: string): string {
  if (typeof value !== 'string') throw UNUSUAL;
  if (isPlain(value)) return `"${value}"`;
  if (!isWellFormed(value)) throw UNUSUAL;
  return JSON.stringify(value);
}

export function boolean(value: boolean): string {
  if (typeof value !== 'boolean') throw UNUSUAL;
  return value ? 'true' : 'false';
}

export function list<T>(items: readonly T[], write: (item: T) => string): string {
  if (!Array.isArray(items)) throw UNUSUAL;
  let written = '';
  for (let index = 0; index < items.length; index++) {
    written += (index === 0 ? '' : ',') + write(items[index] as T);
  }
  return `[${written}]`;
}

export function quotedOrderId(value: string): string {
  return `"${orderId(value)}"`;
}

export function side(value: Side): string {
  if (value !== 'BUY' && value !== 'SELL') throw UNUSUAL;
  return value;
}

/** One of `words`, without its quotes. */
export function word<T extends string>(value: T, words: ReadonlySet<T>): string {
  if (!words.has(value)) throw UNUSUAL;
  return value;
}

export function timeInForce(value: TimeInForce): string {
  switch (value) {
    case 'GTC':
      return '"GTC"';
    case 'IOC':
      return '"IOC"';
    case 'FOK':
      return '"FOK"';
    case 'DAY':
      return '"DAY"';
    default:
      return `{"GTD":${integer(withFields(value, 1).GTD, U64)}}`;
  }
}
