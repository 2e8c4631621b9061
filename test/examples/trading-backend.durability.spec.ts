import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { Backend, type Answer, type Settings } from './trading-backend-app.js';
import { turns, until } from '../support/until.js';

const running = new Set<Backend>();

async function start(settings: Settings = {}): Promise<Backend> {
  const backend = await Backend.start(settings);
  running.add(backend);
  return backend;
}

async function restart(backend: Backend, settings: Settings = {}): Promise<Backend> {
  running.delete(backend);
  const next = await backend.restart(settings);
  running.add(next);
  return next;
}

afterEach(async () => {
  for (const backend of running) await backend.close();
  running.clear();
});

function place(backend: Backend, id: string, side = 'BUY', price = 100, quantity = 1): Promise<Answer> {
  return backend.post('/orders', { type: 'standard', id, side, price, quantity });
}

function snapshotSequences(directory: string): number[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return files.flatMap((name) => /(\d{20})\.snap$/.exec(name)?.[1] ?? []).map(Number);
}

async function bookOf(backend: Backend): Promise<unknown> {
  return (await backend.get('/book?depth=1000')).body;
}

describe('many clients at once', () => {
  it('get a sequence each, and the book holds what the answers said', async () => {
    const backend = await start();
    const ids = Array.from({ length: 150 }, (_, index) => String(index));
    const answers = await Promise.all(ids.map((id, index) => place(backend, id, 'BUY', 50 + (index % 7))));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    const sequences = answers.map(({ body }) => Number(body['sequence'])).sort((a, b) => a - b);
    expect(sequences).toEqual(ids.map(Number));
    const { bids } = (await bookOf(backend)) as { bids: { order_count: string }[] };
    expect(bids.reduce((sum, { order_count: count }) => sum + Number(count), 0)).toBe(150);
  });
});

describe('a restart', () => {
  async function tradeABit(backend: Backend): Promise<void> {
    for (let index = 0; index < 12; index += 1) {
      await place(backend, String(index), index % 2 === 0 ? 'BUY' : 'SELL', 100 + ((index * 7) % 5), 3);
    }
    await backend.patch('/orders/0', { quantity: 9 });
    await backend.delete('/orders/nobody');
    await backend.delete('/orders/404404');
    await backend.post('/orders/market', { side: 'BUY', quantity: 2 });
  }

  it('in the middle leaves the book as it was, and trading continues', async () => {
    const backend = await start();
    await tradeABit(backend);
    const [book, trades] = [await bookOf(backend), await backend.get('/trades?limit=100')];
    expect(trades.body['trades']).not.toHaveLength(0);

    const again = await restart(backend);
    expect(await bookOf(again)).toEqual(book);
    expect(await again.get('/trades?limit=100')).toEqual(trades);
    const next = await place(again, '777', 'BUY', 1);
    expect(BigInt(String(next.body['sequence']))).toBe(BigInt((book as { sequence: string }).sequence) + 1n);
  });

  it('publishes no event again: the trades were published before', async () => {
    const backend = await start();
    await tradeABit(backend);
    expect((await backend.get('/health')).body['tradesTold']).toBeGreaterThan(0);
    const again = await restart(backend);
    expect((await again.get('/health')).body['tradesTold']).toBe(0);
  });

  it('begins with the last snapshot', async () => {
    const config = { snapshotEvery: 5 };
    const backend = await start({ config });
    await tradeABit(backend);
    const book = await bookOf(backend);
    // Snapshots are taken in the background.
    await until(() => snapshotSequences(backend.directory).some((sequence) => sequence >= 5));

    const again = await restart(backend, { config });
    expect(await bookOf(again)).toEqual(book);
    const { replay } = (await again.get('/health')).body as unknown as {
      replay: { replayed: number; phase: string } | null;
    };
    expect(replay?.replayed ?? 0).toBeLessThan(10);
    expect(replay?.phase ?? 'done').toBe('done');
  });

  it('with another symbol than that of the snapshot is refused', async () => {
    const backend = await start({ config: { snapshotEvery: 1 } });
    await place(backend, '1');
    running.delete(backend);
    await expect(backend.restart({ config: { symbol: 'ETH-USD' } })).rejects.toThrow(
      'a snapshot of BTC-USD does not fit into this book of ETH-USD',
    );
  });
});

describe('what is not durable', () => {
  it('is neither answered nor shown', async () => {
    const files = new FaultyFileSystem();
    const backend = await start({ journal: { fileSystem: files.wrap } });
    await place(backend, '1');
    const syncs = files.count('sync', /segment-\d/);
    const release = files.hold('sync');
    const settled: string[] = [];
    const placed = place(backend, '2').finally(() => settled.push('placed'));
    await until(() => files.count('sync', /segment-\d/) > syncs);
    const shown = bookOf(backend).finally(() => settled.push('shown'));
    const order = backend.get('/orders/2').finally(() => settled.push('order'));
    // Another request is answered from start to end, and the three still wait.
    expect((await backend.get('/health')).status).toBe(200);
    await turns();
    expect(settled).toEqual([]);

    release();
    expect((await placed).status).toBe(201);
    expect(await shown).toMatchObject({ sequence: '1', bids: [{ order_count: '2' }] });
    expect((await order).status).toBe(200);
  });
});

describe('a journal that fails', () => {
  it('answers with the outcome, takes nothing more, and shows only what is durable', async () => {
    const files = new FaultyFileSystem();
    const backend = await start({ journal: { fileSystem: files.wrap } });
    await place(backend, '1');
    const book = await bookOf(backend);
    files.fail('sync', 'EIO');

    expect(await place(backend, '2')).toEqual({
      status: 500,
      body: {
        statusCode: 500,
        code: 'JOURNAL_POISONED',
        outcome: 'unknown',
        message: 'Internal Server Error',
      },
    });
    for (const answer of [await place(backend, '3'), await backend.delete('/orders/1')]) {
      expect(answer).toMatchObject({
        status: 503,
        body: { code: 'JOURNAL_POISONED', outcome: 'not-written' },
      });
    }
    expect(await bookOf(backend)).toEqual(book);
    expect(await backend.get('/orders/2')).toMatchObject({ status: 404 });
    expect(await backend.get('/health')).toMatchObject({
      status: 503,
      body: { status: 'down', journal: { state: 'poisoned', failure: { code: 'JOURNAL_POISONED' } } },
    });

    files.heal();
    const again = await restart(backend);
    expect(await again.get('/orders/1')).toMatchObject({ status: 200 });
    expect(await again.get('/orders/3')).toMatchObject({ status: 404 });
    expect(await place(again, '4')).toMatchObject({ status: 201 });
  });

  it('that another part has poisoned reports this to every client at once', async () => {
    const backend = await start();
    await place(backend, '1');
    backend.journal.poison(new Error('memory and journal disagree'));
    const answers = await Promise.all(['2', '3', '4'].map((id) => place(backend, id)));
    for (const { status, body } of answers) {
      expect(status).toBe(503);
      expect(body).toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'not-written' });
    }
  });

  it('refuses an entry that fits into no segment, leaves the book as it was, and continues', async () => {
    const backend = await start({ config: { segmentSizeBytes: 4096 } });
    for (let index = 0; index < 20; index += 1) await place(backend, String(index), 'SELL');
    const book = await bookOf(backend);
    // The result with its 20 trades has more than 4,096 bytes.
    expect(await backend.post('/orders/market', { side: 'BUY', quantity: 20 })).toMatchObject({
      status: 413,
      body: { code: 'JOURNAL_ENTRY_TOO_LARGE', outcome: 'not-written' },
    });
    expect(await bookOf(backend)).toEqual(book);
    expect(await backend.post('/orders/market', { side: 'BUY', quantity: 1 })).toMatchObject({ status: 200 });
  });
});

describe('a request with an Idempotency-Key', () => {
  it.each([{ id: '1' }, {}])('is executed once, across a restart, and answered alike: %j', async (id) => {
    const order = { type: 'standard', side: 'BUY', price: 100, quantity: 2, ...id };
    const backend = await start();
    const first = await backend.send('POST', '/orders', order, 'key-1');
    expect(first.status).toBe(201);
    const again = await restart(backend);
    expect(await again.send('POST', '/orders', order, 'key-1')).toEqual(first);
    expect(await again.send('POST', '/orders', { ...order, price: 101 }, 'key-1')).toMatchObject({
      status: 422,
      body: { code: 'JOURNAL_COMMAND_ID_REUSED' },
    });
    expect(again.journal.lastSequence).toBe(0n);
    expect((await again.send('POST', '/orders', order, 'a b')).status).toBe(400);
  });

  it('keeps the refusal of the book, and every other kind of request', async () => {
    const backend = await start();
    await place(backend, '1');
    const requests = [
      ['PATCH', '/orders/1', { quantity: 9 }],
      ['DELETE', '/orders/1', undefined],
      ['DELETE', '/orders/2', undefined],
      ['POST', '/orders/market', { side: 'BUY', quantity: 2 }],
      ['POST', '/orders/cancel', { scope: 'expired' }],
      ['POST', '/orders/cancel', { scope: 'all' }],
    ] as const;
    const answers: Answer[] = [];
    for (const [index, [method, path, body]] of requests.entries()) {
      answers.push(await backend.send(method, path, body, `key-${index}`));
    }
    const again = await restart(backend);
    for (const [index, [method, path, body]] of requests.entries()) {
      expect(await again.send(method, path, body, `key-${index}`)).toEqual(answers[index]);
    }
    expect(again.journal.lastSequence).toBe(BigInt(requests.length));
  });
});
