import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Catch,
  Controller,
  Get,
  Head,
  HttpException,
  Logger,
  NotFoundException,
  Param,
  Res,
  type ArgumentsHost,
  type INestApplication,
  type MiddlewareConsumer,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, ExternalContextCreator, NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport, type ClientProxy } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { firstValueFrom } from 'rxjs';
import * as journal from '../../src/index.js';
import { JournalExceptionFilter } from '../../src/index.js';

const commonJsCopy = createRequire(import.meta.url)(
  '../../dist/modules/cjs/aggregates/aggregate.errors.js',
) as Pick<typeof journal, 'AggregateNotFoundError'>;

/** The errors, by the last part of the path. */
const THROWN: Readonly<Record<string, () => unknown>> = {
  missing: () => new journal.AggregateNotFoundError('7'),
  conflict: () => new journal.SequenceConflictError(1n, 2n),
  reused: () => new journal.CommandIdReusedError('k', 3n),
  overloaded: () => new journal.SequencerOverloadedError(10),
  unstorable: () => new journal.SerializationError('a function is not a JSON value', 'command.Placed.price'),
  full: () => new journal.IoError('pwrite', '/secret/segment', 'ENOSPC', { outcome: 'not-written' }),
  unreadable: () => new journal.IoError('pread', '/secret/segment', 'EIO'),
  unknown: () => new journal.JournalPoisonedError(new Error('/secret: EIO'), 'unknown'),
  corrupt: () => new journal.InvalidDirectoryError('/secret', 'it is damaged'),
  'other-copy': () => new commonJsCopy.AggregateNotFoundError('8'),
  foreign: () => new NotFoundException('no such page'),
  teapot: () => new HttpException('short and stout', 418),
  bug: () => new TypeError('/secret bug'),
};

@Controller('throws')
class Throwing {
  /** Registered before :kind, because Fastify would serve its HEAD with the GET. */
  @Head('head/:kind')
  head(@Param('kind') kind: string): never {
    throw THROWN[kind]?.();
  }

  /** Sets headers of an answer that the handler does not complete. */
  @Get('after-headers/:kind')
  afterHeaders(
    @Param('kind') kind: string,
    @Res({ passthrough: true }) response: { header(name: string, value: string): void },
  ): never {
    response.header('content-type', 'text/csv');
    response.header('content-length', '3');
    response.header('x-request-id', 'r1');
    throw THROWN[kind]?.();
  }

  /** Writes half of an answer first. */
  @Get('streamed')
  async streamed(@Res() response: ServerResponse | { raw: ServerResponse; hijack(): void }): Promise<never> {
    if ('hijack' in response) response.hijack();
    const raw = 'raw' in response ? response.raw : response;
    raw.writeHead(200, { 'content-type': 'text/plain' });
    await new Promise((resolve) => raw.write('half', resolve));
    throw new journal.AggregateNotFoundError('7');
  }

  /** Takes over the answer, as a streaming handler does, and fails before the first byte. */
  @Get('taken-over')
  takenOver(@Res() response: ServerResponse | { hijack(): void }): never {
    if ('hijack' in response) response.hijack();
    throw new journal.AggregateNotFoundError('7');
  }

  @Get('answered')
  answered(@Res() response: { status(code: number): { send(text: string): void } }): never {
    response.status(200).send('whole');
    throw new journal.AggregateNotFoundError('7');
  }

  @Get(':kind')
  get(@Param('kind') kind: string): never {
    throw THROWN[kind]?.();
  }
}

@Controller()
class Remote {
  @MessagePattern('throw')
  throw(kind: string): never {
    throw THROWN[kind]?.();
  }
  @MessagePattern('echo')
  echo(value: string): string {
    return value;
  }
}

@Catch(journal.AggregateNotFoundError)
class GoneFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(text: string): void } }>();
    response.status(410).send('gone');
  }
}

class ThrowingMiddlewareModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply(() => {
        throw new journal.SequencerOverloadedError(10);
      })
      .forRoutes('throws/in-middleware');
  }
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let logged: { warn: jest.Mock<Logger['warn']>; error: jest.Mock<Logger['error']> };
beforeEach(() => {
  logged = { warn: jest.fn<Logger['warn']>(), error: jest.fn<Logger['error']>() };
  Logger.overrideLogger({ log() {}, fatal() {}, debug() {}, verbose() {}, ...logged });
});
afterEach(() => Logger.overrideLogger(['log', 'warn', 'error', 'fatal']));

async function create(
  adapter: ExpressAdapter | FastifyAdapter,
  providers: object[] = [],
): Promise<INestApplication> {
  const module = {
    module: ThrowingMiddlewareModule,
    controllers: [Throwing, Remote] as Type[],
    providers: providers as [],
  };
  const app = await NestFactory.create(module, adapter, { abortOnError: false });
  closing.push(() => app.close());
  return app;
}

async function listen(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

/** The complete answer on the wire, up to the end of the connection. */
async function rawAnswer(url: string, path: string, method = 'GET'): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => {});
  socket.write(`${method} ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n\r\n`);
  await once(socket, 'close');
  return text;
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('the exception filter on %s', (platform, adapter) => {
  async function serve(options?: journal.JournalExceptionFilterOptions): Promise<string> {
    const app = await create(adapter());
    app.useGlobalFilters(new JournalExceptionFilter(options));
    return listen(app);
  }

  it.each([
    [
      'missing',
      404,
      { message: 'the journal holds no event of aggregate 7', error: 'Not Found' },
      'AGGREGATE_NOT_FOUND',
    ],
    [
      'other-copy',
      404,
      { message: 'the journal holds no event of aggregate 8', error: 'Not Found' },
      'AGGREGATE_NOT_FOUND',
    ],
    [
      'reused',
      422,
      { message: expect.stringContaining('"k"'), error: 'Unprocessable Entity', outcome: 'not-written' },
      'COMMAND_ID_REUSED',
    ],
    [
      'conflict',
      409,
      { message: expect.stringContaining('expects 1'), error: 'Conflict', outcome: 'not-written' },
      'SEQUENCE_CONFLICT',
    ],
    ['overloaded', 503, { message: 'Service Unavailable', outcome: 'not-written' }, 'SEQUENCER_OVERLOADED'],
    ['full', 503, { message: 'Service Unavailable', outcome: 'not-written' }, 'IO'],
    ['unknown', 500, { message: 'Internal Server Error', outcome: 'unknown' }, 'POISONED'],
    ['unreadable', 500, { message: 'Internal Server Error' }, 'IO'],
    ['corrupt', 500, { message: 'Internal Server Error' }, 'INVALID_DIRECTORY'],
  ])('answers %s with %d', async (kind, statusCode, body, code) => {
    const response = await fetch(`${await serve()}/throws/${kind}`);
    expect(response.status).toBe(statusCode);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('retry-after')).toBe(statusCode === 503 ? '1' : null);
    expect(await response.json()).toEqual({ statusCode, ...body, code: `JOURNAL_${code}` });
  });

  it.each([
    ['foreign', 404, { statusCode: 404, message: 'no such page', error: 'Not Found' }],
    ['teapot', 418, { statusCode: 418, message: 'short and stout' }],
    ['bug', 500, { statusCode: 500, message: 'Internal server error' }],
  ])('leaves %s to Nest', async (kind, status, body) => {
    const response = await fetch(`${await serve()}/throws/${kind}`);
    expect([response.status, await response.json()]).toEqual([status, body]);
  });

  it('works as a provider under APP_FILTER', async () => {
    const url = await listen(
      await create(adapter(), [{ provide: APP_FILTER, useClass: JournalExceptionFilter }]),
    );
    const response = await fetch(`${url}/throws/overloaded`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('leaves errors to a filter of the application that is registered after it', async () => {
    const app = await create(adapter());
    app.useGlobalFilters(new JournalExceptionFilter(), new GoneFilter());
    const url = await listen(app);
    const statuses = ['missing', 'conflict'].map(
      async (kind) => (await fetch(`${url}/throws/${kind}`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([410, 409]);
  });

  it('takes the seconds of Retry-After from its options', async () => {
    const response = await fetch(`${await serve({ retryAfterSeconds: 30 })}/throws/overloaded`);
    expect(response.headers.get('retry-after')).toBe('30');
  });

  it('answers HEAD with the headers alone', async () => {
    const url = await serve();
    const answer = await rawAnswer(url, '/throws/head/overloaded', 'HEAD');
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });

  it('replaces the type and length of the answer that failed, and keeps its other headers', async () => {
    const response = await fetch(`${await serve()}/throws/after-headers/missing`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('x-request-id')).toBe('r1');
    expect(await response.json()).toMatchObject({ code: 'JOURNAL_AGGREGATE_NOT_FOUND' });
  });

  it('aborts an answer that has begun', async () => {
    const url = await serve();
    const answer = await rawAnswer(url, '/throws/streamed');
    expect(answer).toMatch(/^HTTP\/1.1 200 [^]*half/);
    // The empty chunk that would mark the answer as complete.
    expect(answer).not.toMatch(/\r\n0\r\n\r\n$/);
    expect((await fetch(`${url}/throws/missing`)).status).toBe(404);
  });

  it('sends an answer that a handler has taken over and not begun', async () => {
    const response = await fetch(`${await serve()}/throws/taken-over`);
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { code: 'JOURNAL_AGGREGATE_NOT_FOUND' },
    ]);
  });

  it('does not change a complete answer', async () => {
    const url = await serve();
    const response = await fetch(`${url}/throws/answered`);
    expect([response.status, await response.text()]).toEqual([200, 'whole']);
    expect((await fetch(`${url}/throws/missing`)).status).toBe(404);
  });

  it('answers errors of middleware', async () => {
    const response = await fetch(`${await serve()}/throws/in-middleware`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ code: 'JOURNAL_SEQUENCER_OVERLOADED' });
  });

  it('logs what it hides from the client and what may be a missing decorator, but no other 4xx', async () => {
    const url = await serve();
    for (const kind of ['missing', 'full', 'corrupt', 'unstorable']) await fetch(`${url}/throws/${kind}`);
    const messages = (mock: jest.Mock<Logger['warn']>) => mock.mock.calls.map(([message]) => String(message));
    expect(messages(logged.warn)).toEqual([
      expect.stringMatching(/^JOURNAL_IO: .*\/secret\/segment/),
      expect.stringMatching(/^JOURNAL_SERIALIZATION: .*command\.Placed\.price/),
    ]);
    expect(messages(logged.error)).toEqual([expect.stringMatching(/^JOURNAL_INVALID_DIRECTORY: \/secret/)]);
    expect(logged.error.mock.calls[0]?.[1]).toContain('InvalidDirectoryError');
  });

  it('does not affect a microservice in the same application', async () => {
    const app = await create(adapter());
    app.useGlobalFilters(new JournalExceptionFilter());
    // Port 0 means any free port. The server knows which one; Nest does not.
    const microservice = app.connectMicroservice(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
      { inheritAppConfig: true },
    );
    await app.startAllMicroservices();
    const url = await listen(app);
    const server = microservice.unwrap<{ address(): { port: number } }>();
    const client: ClientProxy = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: server.address().port },
    });
    closing.push(() => client.close());

    const answer = firstValueFrom(client.send<unknown>('throw', 'missing'));
    await expect(answer).rejects.toEqual({ status: 'error', message: 'Internal server error' });
    expect(await firstValueFrom(client.send<unknown>('echo', platform))).toBe(platform);
    expect((await fetch(`${url}/throws/missing`)).status).toBe(404);
  });
});

describe('the exception filter beside HTTP', () => {
  const error = new journal.AggregateNotFoundError('7');

  it('passes the error itself to GraphQL', async () => {
    const app = await create(new ExpressAdapter());
    app.useGlobalFilters(new JournalExceptionFilter());
    await app.init();
    // @nestjs/graphql builds every resolver with this creator.
    const creator = app.get(ExternalContextCreator);
    const resolver = { resolve: () => Promise.reject(error) };
    const resolve = creator.create(
      resolver,
      resolver.resolve,
      'resolve',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'graphql',
    );
    await expect(resolve({}, {}, {}, {})).rejects.toBe(error);
  });

  const socketHost = (client: object): ArgumentsHost =>
    ({ getType: () => 'ws', switchToWs: () => ({ getClient: () => client }) }) as unknown as ArgumentsHost;
  const data = { status: 'error', message: error.message, code: 'JOURNAL_AGGREGATE_NOT_FOUND' };

  it('sends a socket.io client the exception, as Nest does', () => {
    const emit = jest.fn();
    new JournalExceptionFilter().catch(error, socketHost({ emit }));
    expect(emit.mock.calls).toEqual([['exception', data]]);
  });

  it('sends a native WebSocket client the exception, as Nest does', () => {
    const client = { readyState: 1, emit: jest.fn(), send: jest.fn() };
    new JournalExceptionFilter().catch(error, socketHost(client));
    expect(client.send.mock.calls).toEqual([[JSON.stringify({ event: 'exception', data })]]);
    expect(client.emit).not.toHaveBeenCalled();
  });
});

it.each([-1, 0.5, Number.NaN, '3'])('refuses %p as seconds', (seconds) => {
  const make = () => new JournalExceptionFilter({ retryAfterSeconds: seconds as number });
  expect(make).toThrow(
    expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option: 'retryAfterSeconds' }),
  );
});

it('refuses an unknown option and names the known ones', () => {
  const make = () => new JournalExceptionFilter({ retryAfter: 3 } as object);
  expect(make).toThrow(/retryAfter\b.*retryAfterSeconds/);
});
