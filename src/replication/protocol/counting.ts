import { isSameEpoch, type Epoch, type ReplicationMessage } from './message.js';

/** A place in a stream, and what the messages up to it amount to. */
export interface Place {
  /** Position of the last message that was read; 0 before the first. */
  readonly position: number;
  /** The epoch of the latest fence; null before the first. */
  readonly epoch: Epoch | null;
  /** Sequence of the last entry that counts; null before the first. */
  readonly lastSequence: bigint | null;
}

export const BEGINNING: Place = { position: 0, epoch: null, lastSequence: null };

/** One message with the verdict of the counting rule. */
export interface Counted {
  readonly place: Place;
  /** Whether the message is a group that counts. */
  readonly counts: boolean;
}

/**
 * The counting rule, which every node applies to every message in the order of the stream: a group counts if
 * its epoch is that of the latest fence before it, and if it begins where the last counted group ended. No
 * other group counts, for any node, ever.
 * @param position that of `message`, the next one after `place`
 */
export function countMessage(place: Place, position: number, message: ReplicationMessage): Counted {
  const { epoch, lastSequence } = place;
  switch (message.kind) {
    case 'fence':
      return { place: { position, epoch: { position, nonce: message.nonce }, lastSequence }, counts: false };
    case 'group': {
      const continues = lastSequence === null || message.first === lastSequence + 1n;
      const counts = continues && isSameEpoch(message.epoch, epoch);
      return { place: { position, epoch, lastSequence: counts ? message.last : lastSequence }, counts };
    }
    case 'genesis':
    case 'barrier':
      return { place: { position, epoch, lastSequence }, counts: false };
  }
}
