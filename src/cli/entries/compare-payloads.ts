import { JournalError, type JournalEntry } from '../../journal/index.js';
import { toJsonText } from '../json-text.js';
import { DecodedPayload } from './decoded-payload.js';

/** A field of two payloads that differs. */
export interface FieldDifference {
  /** Such as `result.TradeExecuted.trades[0].price`. */
  readonly path: string;
  /** The values as JSON, shortened; null if the field is missing. */
  readonly a: string | null;
  readonly b: string | null;
}

/** Returns the offset of the first byte that differs; null if the payloads are equal. */
export function firstOtherByte(a: Uint8Array, b: Uint8Array): number | null {
  if (Buffer.compare(a, b) === 0) return null;
  const index = a.findIndex((byte, at) => byte !== b[at]);
  return index < 0 ? a.length : index;
}

/** Returns the fields that differ, in the order of `a`; null if one of the payloads cannot be decoded. */
export function compareFields(a: JournalEntry, b: JournalEntry): readonly FieldDifference[] | null {
  try {
    const found: FieldDifference[] = [];
    compareValues(new DecodedPayload(a).exactRecord, new DecodedPayload(b).exactRecord, '', found);
    return found;
  } catch (error) {
    if (!JournalError.isJournalError(error)) throw error;
    return null;
  }
}

function compareValues(a: unknown, b: unknown, path: string, found: FieldDifference[]): void {
  if (Object.is(a, b)) return;
  const keys = commonShape(a, b);
  if (keys === null) {
    found.push({ path: path === '' ? '(payload)' : path, a: textOf(a), b: textOf(b) });
    return;
  }
  for (const key of keys) {
    const below = Array.isArray(a) ? `${path}[${key}]` : pathTo(path, key);
    compareValues(memberOf(a, key), memberOf(b, key), below, found);
  }
}

/** The keys of two objects or of two arrays; null for other values. */
function commonShape(a: unknown, b: unknown): readonly string[] | null {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return null;
  if (Array.isArray(a) !== Array.isArray(b)) return null;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function memberOf(value: unknown, key: string): unknown {
  return Object.hasOwn(value as object, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function pathTo(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

const MAX_TEXT = 200;

function textOf(value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'bigint' ? value.toString() : toJsonText(value);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
