import { describe, expect, test } from '@jest/globals';
import {
  ReplicationMessageError,
  decodeMessage,
  encodeMessage,
  type ReplicationMessage,
} from '../../../src/replication/index.js';

const NONCE = '0123456789abcdef0123456789abcdef';
const EPOCH = { position: 9_007_199_254_740_991, nonce: NONCE };
const GROUP = { kind: 'group', epoch: EPOCH, first: 0n, last: 18446744073709551615n } as const;

function decode(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array = new Uint8Array(0),
): ReplicationMessage {
  return decodeMessage((name) => headers[name], body, 7);
}

test.each<ReplicationMessage>([
  { kind: 'genesis', journalId: 'a journal', formatVersion: 1 },
  { kind: 'fence', node: 'node-1', nonce: NONCE },
  { kind: 'barrier', epoch: EPOCH },
  { ...GROUP, entries: Uint8Array.of(1, 2, 3) },
])('a $kind comes back as it was sent', (message) => {
  const { headers, body } = encodeMessage(message);
  expect(decode(headers, body)).toEqual(message);
});

describe('a message is refused', () => {
  const { headers } = encodeMessage({ ...GROUP, entries: new Uint8Array(0) });
  test.each<[string, Record<string, string | undefined>, string]>([
    ['without a kind', { 'Journal-Kind': undefined }, 'Journal-Kind is missing'],
    ['of another kind', { 'Journal-Kind': 'data' }, 'Journal-Kind is "data"'],
    ['with half an epoch', { 'Journal-Epoch': '5' }, 'Journal-Epoch is "5"'],
    ['with the epoch of no position', { 'Journal-Epoch': `0.${NONCE}` }, 'Journal-Epoch is'],
    ['with a sequence beyond 64 bits', { 'Journal-Last': '18446744073709551616' }, 'beyond 64 bits'],
    ['with a sequence that is no number', { 'Journal-First': '1e3' }, 'Journal-First is "1e3"'],
    ['that ends before it begins', { 'Journal-First': '2', 'Journal-Last': '1' }, 'ends at 1, before 2'],
  ])('%s', (_name, changes, reason) => {
    const changed = Object.fromEntries(
      Object.entries({ ...headers, ...changes }).filter(([, value]) => value !== undefined),
    ) as Record<string, string>;
    const refused = (): ReplicationMessage => decode(changed);
    expect(refused).toThrow(ReplicationMessageError);
    expect(refused).toThrow(expect.objectContaining({ code: 'JOURNAL_REPLICATION_MESSAGE', position: 7 }));
    expect(refused).toThrow(reason);
  });
});
