/**
 * The same journal on several machines. A stream of another system holds the groups of entries in one order;
 * the rules of `docs/replication-protocol.md` say which of them count.
 *
 * - `protocol/` is the rules: messages, epochs, what counts. It knows no network and no clock.
 * - `stream.ts` is what the rules need of a stream, and `jetstream/` is that for NATS JetStream.
 */
export {
  isSameEpoch,
  type Barrier,
  type Epoch,
  type Fence,
  type Genesis,
  type Group,
  type ReplicationMessage,
} from './protocol/message.js';
export { decodeMessage, encodeMessage, type EncodedMessage } from './protocol/wire-format.js';
export { BEGINNING, countMessage, type Counted, type Place } from './protocol/counting.js';
export {
  ReplicationMessageError,
  ReplicationServerError,
  ReplicationStreamError,
} from './replication.errors.js';
export type { PublishOutcome, ReadStreamOptions, ReplicationStream, StoredMessage } from './stream.js';
