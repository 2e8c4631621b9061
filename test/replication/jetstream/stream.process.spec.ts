/** The stream of a replicated journal on real servers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { ReplicationMessage, StoredMessage } from '../../../src/replication/index.js';
import { JetStreamStream } from '../../../src/replication/jetstream/index.js';
import { describeWith } from '../../support/requirements.js';
import { until } from '../../support/until.js';
import { WITHOUT_NATS, startCluster, type NatsServer } from '../support/nats-server.js';

const NONCE = 'a'.repeat(32);
const EPOCH = { position: 2, nonce: NONCE };
const GENESIS: ReplicationMessage = { kind: 'genesis', journalId: 'orders', formatVersion: 1 };
const FENCE: ReplicationMessage = { kind: 'fence', node: 'one', nonce: NONCE };

function group(first: bigint, sizeBytes = 10): ReplicationMessage {
  return { kind: 'group', epoch: EPOCH, first, last: first, entries: new Uint8Array(sizeBytes).fill(7) };
}

const NEEDED = { missing: [WITHOUT_NATS] };

describeWith(NEEDED, 'one nats-server', () => {
  let server: NatsServer;
  let opened = 0;
  const streams: JetStreamStream[] = [];

  const open = async (stream = `orders-${(opened += 1)}`): Promise<JetStreamStream> => {
    const one = await JetStreamStream.open({
      connection: { servers: [server.url] },
      stream,
      replicas: 1,
      publishTimeoutMs: 2_000,
    });
    streams.push(one);
    return one;
  };

  beforeAll(async () => {
    [server] = (await startCluster(1)) as [NatsServer];
  });
  afterAll(async () => {
    await Promise.all(streams.map((stream) => stream.close()));
    await server.kill();
  });

  test('stores a message only where it is expected', async () => {
    const stream = await open();
    expect(await stream.publish(GENESIS, 0)).toEqual({ kind: 'stored', position: 1 });
    expect(await stream.publish(FENCE, 0)).toMatchObject({ kind: 'refused' });
    expect(await stream.publish(FENCE, 1)).toEqual({ kind: 'stored', position: 2 });
    expect(await stream.publish(group(0n), 1)).toMatchObject({ kind: 'refused' });
    expect(await stream.publish(group(0n), null)).toEqual({ kind: 'stored', position: 3 });
  });

  test('of many publishers that expect one position, one is stored', async () => {
    const name = `orders-${(opened += 1)}`;
    const [one, two] = [await open(name), await open(name)];
    for (let position = 0; position < 200; position += 1) {
      const outcomes = await Promise.all([one.publish(FENCE, position), two.publish(FENCE, position)]);
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['refused', 'stored']);
    }
  });

  test('a pipeline behind a refused message is refused as well', async () => {
    const stream = await open();
    await stream.publish(GENESIS, 0);
    const outcomes = await Promise.all([
      stream.publish(group(0n), 5),
      stream.publish(group(1n), 6),
      stream.publish(group(2n), 7),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused']);
  });

  test('reads what is there and then what follows, with and without entries', async () => {
    const stream = await open();
    const messages: ReplicationMessage[] = [GENESIS, FENCE, group(0n), group(1n)];
    await stream.publish(messages[0] as ReplicationMessage, 0);
    await stream.publish(messages[1] as ReplicationMessage, 1);
    const whole = collect(stream, 1, 4);
    const headers = collect(stream, 2, 3, true);
    await stream.publish(messages[2] as ReplicationMessage, 2);
    await stream.publish(messages[3] as ReplicationMessage, 3);
    expect(await whole).toEqual(messages.map((message, index) => ({ position: index + 1, message })));
    expect((await headers).map(({ message }) => message)).toEqual([
      FENCE,
      { ...group(0n), entries: new Uint8Array(0) },
      { ...group(1n), entries: new Uint8Array(0) },
    ]);
    expect(await stream.messageAt(3)).toEqual({ position: 3, message: group(0n) });
    expect(await stream.messageAt(9)).toBeNull();
  });

  test('refuses a body above max_payload before it is sent, and continues', async () => {
    const stream = await open();
    await stream.publish(GENESIS, 0);
    const tooLarge = group(0n, stream.maxGroupBytes + 2_048);
    expect(await stream.publish(tooLarge, 1)).toMatchObject({ kind: 'refused' });
    const largest = group(0n, stream.maxGroupBytes);
    expect(await stream.publish(largest, 1)).toEqual({ kind: 'stored', position: 2 });
  });

  test.each<[string, Partial<StreamConfig>]>([
    ['max_msgs', { max_msgs: 1 }],
    ['allow_direct', { allow_direct: true }],
    ['discard', { discard: 'old' as StreamConfig['discard'] }],
  ])('refuses a stream whose %s was changed', async (name, change) => {
    const stream = `orders-${(opened += 1)}`;
    await open(stream);
    const connection = await connect({ servers: [server.url] });
    await (await jetstreamManager(connection)).streams.update(stream, change);
    await connection.close();
    await expect(open(stream)).rejects.toMatchObject({
      code: 'JOURNAL_REPLICATION_STREAM',
      message: expect.stringContaining(`its ${name} is`),
    });
  });

  test('reading stops where the stream has lost its beginning', async () => {
    const name = `orders-${(opened += 1)}`;
    const stream = await open(name);
    for (let position = 0; position < 3; position += 1) await stream.publish(FENCE, position);
    const connection = await connect({ servers: [server.url] });
    await (await jetstreamManager(connection)).streams.purge(name, { seq: 3 });
    await connection.close();
    await expect(collect(stream, 1, 1)).rejects.toMatchObject({
      code: 'JOURNAL_REPLICATION_STREAM',
      message: expect.stringContaining('position 1 is gone; the next one is 3'),
    });
  });

  test('reports a lost connection, and works again when the server is back', async () => {
    const stream = await open();
    await stream.publish(GENESIS, 0);
    const seen: boolean[] = [];
    stream.onConnection((isConnected) => seen.push(isConnected));
    server.signal('SIGSTOP');
    const unanswered = stream.publish(FENCE, 1);
    await server.kill();
    expect(await unanswered).toMatchObject({ kind: 'unknown' });
    await until(() => seen.includes(false), 'the connection is lost');
    await server.start();
    await until(() => seen.at(-1) === true, 'the connection is back');
    await publishUntilStored(stream, FENCE, 1);
  });

  test('a publish without an answer is unknown, whatever became of it', async () => {
    const stream = await open();
    await stream.publish(GENESIS, 0);
    server.signal('SIGSTOP');
    try {
      expect(await stream.publish(FENCE, 1)).toMatchObject({ kind: 'unknown' });
    } finally {
      server.signal('SIGCONT');
    }
  });
});

describeWith(NEEDED, 'a cluster of three', () => {
  test('stores on a quorum while one server is away, and nothing without a quorum', async () => {
    const servers = await startCluster(3);
    const stream = await JetStreamStream.open({
      connection: { servers: servers.map(({ url }) => url) },
      stream: 'orders',
      replicas: 3,
      publishTimeoutMs: 2_000,
    });
    try {
      expect(await stream.publish(GENESIS, 0)).toEqual({ kind: 'stored', position: 1 });
      await servers[2]?.kill();
      await publishUntilStored(stream, FENCE, 1);
      await servers[1]?.kill();
      expect((await stream.publish(group(0n), 2)).kind).not.toBe('stored');
      await servers[1]?.start();
      await publishUntilStored(stream, group(1n), null);
    } finally {
      await stream.close();
      await Promise.all(servers.map((server) => server.kill()));
    }
  });
});

/** Elections of the servers take seconds; nothing is lost meanwhile. */
async function publishUntilStored(
  stream: JetStreamStream,
  message: ReplicationMessage,
  expected: number | null,
): Promise<void> {
  for (;;) {
    const outcome = await stream.publish(message, expected);
    if (outcome.kind === 'stored') return;
    // It may have been stored although its answer was lost.
    if (expected !== null && (await stream.messageAt(expected + 1).catch(() => null)) !== null) return;
  }
}

async function collect(
  stream: JetStreamStream,
  position: number,
  count: number,
  headersOnly = false,
): Promise<StoredMessage[]> {
  const ending = new AbortController();
  const found: StoredMessage[] = [];
  for await (const message of stream.read(position, { signal: ending.signal, headersOnly })) {
    found.push(message);
    if (found.length === count) ending.abort();
  }
  return found;
}
