import { NOT_AS_SERDE, label, skip, take } from './cursor.js';
import type { Cursor } from './cursor.js';
import type { Side } from './order.js';

const BUY = label('"BUY"');
const SELL = label('"SELL"');

/** A side behind `before`. */
export function readSide(c: Cursor, before: Uint8Array): Side {
  take(c, before);
  if (skip(c, BUY)) return 'BUY';
  take(c, SELL);
  return 'SELL';
}

/** Variants without content, and how they look on the wire. */
export type Words<T extends string> = readonly (readonly [T, Uint8Array])[];

export function words<T extends string>(...texts: T[]): Words<T> {
  return texts.map((text) => [text, label(`"${text}"`)]);
}

/** One of `choices` behind `before`. */
export function readWord<T extends string>(c: Cursor, before: Uint8Array, choices: Words<T>): T {
  take(c, before);
  for (const [word, quoted] of choices) if (skip(c, quoted)) return word;
  throw NOT_AS_SERDE;
}
