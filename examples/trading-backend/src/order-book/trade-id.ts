import { createHash } from 'node:crypto';

/**
 * Returns the id of the n-th trade of a book, counted from 0. It must be a pure function, because a replay
 * calls it again and compares.
 */
export type TradeIdGenerator = (tradeIndex: bigint) => string;

/** The namespace of RFC 9562 for object identifiers, under which books get namespaces of their own. */
export const OID_NAMESPACE = '6ba7b812-9dad-11d1-80b4-00c04fd430c8';

/**
 * Makes ids like the Rust engine: the UUID (version 5) of the decimal number of the trade in a namespace. A
 * Rust book without a given namespace draws a random one; its ids cannot be derived from its journal.
 *
 * @param namespace a UUID
 */
export function uuidTradeIds(namespace: string): TradeIdGenerator {
  return (tradeIndex) => uuidV5(namespace, tradeIndex.toString());
}

/** The name-based UUID of RFC 9562, version 5. */
export function uuidV5(namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
