import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import {
  connect,
  createInbox,
  type ConnectionOptions,
  type MsgHdrs,
  type NatsConnection,
} from '@nats-io/transport-node';
import {
  ReplicationStreamError,
  decodeMessage,
  type PublishOutcome,
  type ReadStreamOptions,
  type ReplicationMessage,
  type ReplicationStream,
  type StoredMessage,
} from '../index.js';
import { Publisher } from './publisher.js';
import { assertServerVersion } from './server-version.js';
import { ensureStream } from './stream-configuration.js';
import { StreamNames } from './stream-names.js';

/** Options of {@link JetStreamStream.open}. */
export interface JetStreamStreamOptions {
  /** Options of the NATS client: servers, credentials, TLS. */
  readonly connection: ConnectionOptions;
  /** Name of the stream. */
  readonly stream: string;
  /** Number of servers that store the stream. */
  readonly replicas: number;
  /** How long a publish waits for its answer, in milliseconds. */
  readonly publishTimeoutMs: number;
}

/**
 * The client's own defaults notice a lost server after minutes: 20 s to connect, two pings of two minutes. It
 * also gives up after ten attempts to reconnect.
 */
const CONNECTION_DEFAULTS: ConnectionOptions = {
  timeout: 1_000,
  pingInterval: 1_000,
  maxPingOut: 2,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
};

/** Space in a message for the headers of a group and of the server. */
const HEADER_BYTES = 1_024;

/** The stream of a replicated journal in NATS JetStream. */
export class JetStreamStream implements ReplicationStream {
  readonly #publisher: Publisher;
  readonly #listeners = new Set<(isConnected: boolean) => void>();

  private constructor(
    private readonly connection: NatsConnection,
    private readonly names: StreamNames,
    { connection: { inboxPrefix }, publishTimeoutMs }: JetStreamStreamOptions,
  ) {
    const inbox = createInbox(inboxPrefix);
    this.#publisher = new Publisher(connection, names, publishTimeoutMs, inbox);
    void this.#watchConnection();
  }

  /**
   * Connects, and creates the stream or checks the one that is there.
   * @throws (rejects) ReplicationServerError (`JOURNAL_REPLICATION_SERVER`)
   * @throws (rejects) ReplicationStreamError (`JOURNAL_REPLICATION_STREAM`)
   */
  static async open(options: JetStreamStreamOptions): Promise<JetStreamStream> {
    const names = new StreamNames(options.stream);
    const connection = await connect({ ...CONNECTION_DEFAULTS, ...options.connection });
    try {
      assertServerVersion(connection.info?.version ?? '0');
      await ensureStream(await jetstreamManager(connection), names, options.replicas);
      return new JetStreamStream(connection, names, options);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get maxGroupBytes(): number {
    return (this.connection.info?.max_payload ?? 0) - HEADER_BYTES;
  }

  publish(message: ReplicationMessage, expectedPosition: number | null): Promise<PublishOutcome> {
    return this.#publisher.publish(message, expectedPosition);
  }

  async *read(
    position: number,
    { signal, headersOnly = false }: ReadStreamOptions,
  ): AsyncGenerator<StoredMessage> {
    const { stream } = this.names;
    const consumer = await jetstream(this.connection).consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: position,
      headers_only: headersOnly,
    });
    const messages = await consumer.consume({ max_messages: 1_000 });
    const stop = (): void => messages.stop();
    signal.addEventListener('abort', stop);
    try {
      if (signal.aborted) return;
      let next = position;
      for await (const message of messages) {
        if (message.seq !== next) {
          throw new ReplicationStreamError(
            stream,
            `position ${next} is gone; the next one is ${message.seq}`,
          );
        }
        next += 1;
        yield decode(message.seq, message.headers, message.data);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  async messageAt(position: number): Promise<StoredMessage | null> {
    const manager = await jetstreamManager(this.connection, { checkAPI: false });
    const message = await manager.streams.getMessage(this.names.stream, { seq: position });
    return message === null ? null : decode(position, message.header, message.data);
  }

  onConnection(listener: (isConnected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#publisher.close();
    await this.connection.close();
  }

  async #watchConnection(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type !== 'disconnect' && type !== 'reconnect') continue;
      const isConnected = type === 'reconnect';
      if (!isConnected) this.#publisher.abandonAll('the connection was lost');
      for (const listener of this.#listeners) listener(isConnected);
    }
  }
}

function decode(position: number, headers: MsgHdrs | undefined, body: Uint8Array): StoredMessage {
  const headerOf = (name: string): string | undefined =>
    headers?.has(name) === true ? headers.get(name) : undefined;
  return { position, message: decodeMessage(headerOf, body, position) };
}
