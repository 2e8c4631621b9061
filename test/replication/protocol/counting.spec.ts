/** The counting rule gives the same verdicts as the model of the protocol. */
import { describe, expect, test } from '@jest/globals';
import {
  BEGINNING,
  countMessage,
  type Epoch,
  type ReplicationMessage,
} from '../../../src/replication/index.js';

const NONCE_A = 'a'.repeat(32);
const NONCE_B = 'b'.repeat(32);

const GENESIS: ReplicationMessage = { kind: 'genesis', journalId: 'orders', formatVersion: 1 };

function fence(nonce: string): ReplicationMessage {
  return { kind: 'fence', node: 'one', nonce };
}

function group(epoch: Epoch, first: bigint, last = first): ReplicationMessage {
  return { kind: 'group', epoch, first, last, entries: new Uint8Array(0) };
}

/** The verdicts over a stream, and the last counted sequence. */
function countAll(messages: readonly ReplicationMessage[]): [boolean[], bigint | null] {
  let place = BEGINNING;
  const verdicts = messages.map((message, index) => {
    const counted = countMessage(place, index + 1, message);
    place = counted.place;
    return counted.counts;
  });
  return [verdicts, place.lastSequence];
}

const A: Epoch = { position: 2, nonce: NONCE_A };

describe('a group counts', () => {
  test('if it continues what counted before, in the epoch of the latest fence', () => {
    const messages = [
      GENESIS,
      fence(NONCE_A),
      group(A, 5n, 7n),
      { kind: 'barrier', epoch: A } as const,
      group(A, 8n),
    ];
    expect(countAll(messages)).toEqual([[false, false, true, false, true], 8n]);
  });

  test('not without a fence before it', () => {
    expect(countAll([GENESIS, group(A, 0n)])).toEqual([[false, false], null]);
  });

  test('not after a fence of another leader', () => {
    expect(countAll([GENESIS, fence(NONCE_A), fence(NONCE_B), group(A, 0n)])[1]).toBeNull();
  });

  test('not for an epoch of the same position with another nonce: the stream lost its tail', () => {
    expect(countAll([GENESIS, fence(NONCE_B), group(A, 0n)])[1]).toBeNull();
  });

  test.each([4n, 6n, 8n])('not if it begins at %d after 5 … 6', (first) => {
    expect(countAll([GENESIS, fence(NONCE_A), group(A, 5n, 6n), group(A, first)])[1]).toBe(6n);
  });

  test('never again, once it did not: a later fence changes nothing', () => {
    const [verdicts] = countAll([GENESIS, fence(NONCE_A), fence(NONCE_B), group(A, 0n), fence(NONCE_A)]);
    expect(verdicts).not.toContain(true);
  });
});
