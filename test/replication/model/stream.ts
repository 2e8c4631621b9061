/** The stream as the model sees it: messages at positions from 1, and what is still on its way there. */

/** The position of a fence alone does not name an epoch: after a lost tail, positions are used again. */
export interface Epoch {
  readonly position: number;
  readonly nonce: number;
}

export interface Genesis {
  readonly kind: 'genesis';
}

export interface Fence {
  readonly kind: 'fence';
  readonly node: number;
  readonly incarnation: number;
  readonly nonce: number;
}

export interface Barrier {
  readonly kind: 'barrier';
  readonly epoch: Epoch;
}

/** One group of entries. Each entry is a number that no other entry has. */
export interface Data {
  readonly kind: 'data';
  readonly epoch: Epoch;
  readonly first: number;
  readonly entries: readonly number[];
}

/** Two messages have equal bytes if they are the same object. */
export type Message = Genesis | Fence | Barrier | Data;

export const GENESIS: Genesis = { kind: 'genesis' };
export const GENESIS_POSITION = 1;

/** A message on its way to the stream. */
export interface Publish {
  readonly message: Message;
  /** The position that the message must follow; null for none. */
  readonly expected: number | null;
  readonly node: number;
  readonly incarnation: number;
}

/** An answer on its way to the node that published. */
export interface Answer {
  readonly publish: Publish;
  /** Where the message is; null if the stream refused it. */
  readonly position: number | null;
}

export class Stream {
  readonly #messages: Message[] = [GENESIS];

  get end(): number {
    return this.#messages.length;
  }

  at(position: number): Message | undefined {
    return this.#messages[position - 1];
  }

  /** Stores a message as the stream's leader does. */
  accept(publish: Publish): Answer {
    const { message, expected } = publish;
    if (expected !== null && expected !== this.end) return { publish, position: null };
    this.#messages.push(message);
    return { publish, position: this.end };
  }

  /** Loses acknowledged messages, as a cluster without synchronous writes can. */
  loseTail(count: number): readonly Message[] {
    return this.#messages.splice(Math.max(GENESIS_POSITION, this.#messages.length - count));
  }
}

export function isSameEpoch(a: Epoch, b: Epoch | null, withNonce: boolean): boolean {
  return b !== null && a.position === b.position && (!withNonce || a.nonce === b.nonce);
}
