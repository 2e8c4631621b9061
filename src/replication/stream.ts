import type { ReplicationMessage } from './protocol/message.js';

/** A message with its place in the stream. */
export interface StoredMessage {
  /** From 1, without gaps. */
  readonly position: number;
  readonly message: ReplicationMessage;
}

/** What a publisher knows when its message was answered, or was not. */
export type PublishOutcome =
  /** A quorum has stored the message at this position. */
  | { readonly kind: 'stored'; readonly position: number }
  /** The message is not stored: the stream did not end at the expected position, or nobody leads it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The message may be stored, now or later. */
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * What the rules of replication need of a stream. Only an accepted publish says where the stream ends: every
 * other answer can be old, and can miss messages that a quorum has stored.
 */
export interface ReplicationStream {
  /**
   * Publishes one message. Never rejects.
   * @param expectedPosition the position of the message that this one must follow; null for any
   */
  publish(message: ReplicationMessage, expectedPosition: number | null): Promise<PublishOutcome>;
  /**
   * Returns the messages from `position` on, in order, and then every new one. It ends with the signal, and
   * throws when the stream was lost.
   */
  read(position: number, options: ReadStreamOptions): AsyncIterable<StoredMessage>;
  /** Returns the message at a position. Null if it was not found, which says nothing about the stream. */
  messageAt(position: number): Promise<StoredMessage | null>;
  /** Largest body of a group, in bytes, at the present connection. */
  readonly maxGroupBytes: number;
  /** Calls the listener when the connection is lost and when it is back. @returns a function that ends it */
  onConnection(listener: (isConnected: boolean) => void): () => void;
  close(): Promise<void>;
}

/** Options of {@link ReplicationStream.read}. */
export interface ReadStreamOptions {
  readonly signal: AbortSignal;
  /** Leaves the entries of groups out. */
  readonly headersOnly?: boolean;
}
