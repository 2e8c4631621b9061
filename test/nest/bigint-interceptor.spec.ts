import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Get,
  Inject,
  Module,
  Param,
  Post,
  Sse,
  StreamableFile,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Exclude } from 'class-transformer';
import { of } from 'rxjs';
import {
  AggregateRepository,
  BigIntInterceptor,
  FileJournalModule,
  InjectAggregateRepository,
  JournalEvent,
  JournaledAggregateRoot,
  Sequencer,
} from '../../src/index.js';
import { BigIntField } from '../../src/index.js';

const BEYOND_DOUBLES = 2n ** 64n - 1n;

class Total {
  value = 0n;
  execute({ add }: { add: string }): { total: bigint } {
    this.value += BigInt(add);
    return { total: this.value };
  }
}

@JournalEvent('Paid')
class Paid {
  @BigIntField() amount!: bigint;
}

class Purse extends JournaledAggregateRoot {
  total = 0n;
  onPaid({ amount }: Paid): void {
    this.total += amount;
  }
}

class Secretive {
  readonly amount = BEYOND_DOUBLES;
  @Exclude() readonly secret = 'hidden';
}

@Controller()
class Answers {
  constructor(
    @Inject(Sequencer) private readonly sequencer: Sequencer<Total>,
    @InjectAggregateRepository(Purse) private readonly purses: AggregateRepository<Purse>,
  ) {}

  @Post('submit')
  submit(@Body() command: { add: string }) {
    return this.sequencer.submit(command);
  }

  @Post('result')
  async result(@Body() command: { add: string }) {
    return (await this.sequencer.submit(command)).result;
  }

  @Get('query')
  query() {
    return this.sequencer.query(({ value }, lastSequence) => ({
      value,
      lastSequence,
      list: [[value], 1, null],
    }));
  }

  @Get('bare')
  bare() {
    return this.sequencer.query(({ value }) => value);
  }

  @Get('purses/:id')
  async purse(@Param('id') id: string) {
    await this.purses.update(
      id,
      (purse) => purse.apply(Object.assign(new Paid(), { amount: BEYOND_DOUBLES })),
      { createIfAbsent: true },
    );
    return this.purses.query(id, ({ total }) => ({ id, total }));
  }

  @Get('secretive')
  secretive() {
    return new Secretive();
  }

  @Get('without')
  without() {
    return { date: new Date(0), text: 'x', nested: { number: 1.5, no: null }, map: new Map([[1, 2n]]) };
  }

  @Get('date')
  date() {
    return new Date(0);
  }

  @Get('file')
  file() {
    return new StreamableFile(Buffer.from('bytes'));
  }

  @Get('stream')
  stream() {
    return new StreamableFile(Readable.from(['by', 'tes']));
  }

  @Get('nothing')
  nothing() {
    return undefined;
  }

  @Sse('events')
  events() {
    return of({ data: { price: BEYOND_DOUBLES } });
  }
}

@Module({
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forTesting(),
    FileJournalModule.forFeature({ aggregates: [Total, Purse], events: [Paid] }),
  ],
  controllers: [Answers],
})
class AnswersModule {}

let app: INestApplication | undefined;
afterEach(() => app?.close());

async function start(
  adapter: 'Express' | 'Fastify',
  interceptors: readonly (new (...args: never[]) => NestInterceptor)[],
) {
  @Module({
    imports: [AnswersModule],
    providers: interceptors.map((useClass) => ({ provide: APP_INTERCEPTOR, useClass })),
  })
  class AppModule {}
  app = await NestFactory.create(
    AppModule,
    adapter === 'Express' ? new ExpressAdapter() : new FastifyAdapter(),
    {
      logger: false,
    },
  );
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const get = async (path: string) => (await fetch(`${url}/${path}`)).text();
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return response.text();
  };
  return { get, post };
}

describe.each(['Express', 'Fastify'] as const)('BigIntInterceptor on %s', (adapter) => {
  it('sends decimal strings for submit, query and repository answers', async () => {
    const { get, post } = await start(adapter, [BigIntInterceptor]);
    const add = BEYOND_DOUBLES.toString();
    expect(JSON.parse(await post('submit', { add }))).toMatchObject({
      sequenceNum: '0',
      result: { total: add },
    });
    expect(await post('result', { add: '1' })).toBe('{"total":"18446744073709551616"}');
    expect(await get('query')).toBe(
      '{"value":"18446744073709551616","lastSequence":"1","list":[["18446744073709551616"],1,null]}',
    );
    expect(await get('bare')).toBe('18446744073709551616');
    expect(await get('purses/7')).toBe(`{"id":"7","total":"${add}"}`);
  });

  it('sends everything else as Nest does', async () => {
    const paths = ['without', 'date', 'file', 'stream', 'nothing'];
    const plain = await start(adapter, []);
    const expected = await Promise.all(paths.map(plain.get));
    await app?.close();
    const { get } = await start(adapter, [BigIntInterceptor]);
    expect(await Promise.all(paths.map(get))).toEqual(expected);
  });

  it.each([
    ['before', [BigIntInterceptor, ClassSerializerInterceptor]],
    ['after', [ClassSerializerInterceptor, BigIntInterceptor]],
  ])(
    'leaves excluded properties out when registered %s the ClassSerializerInterceptor',
    async (_order, both) => {
      const { get } = await start(adapter, both);
      expect(await get('secretive')).toBe(`{"amount":"${BEYOND_DOUBLES}"}`);
    },
  );

  it('sends decimal strings in server-sent events', async () => {
    const { get } = await start(adapter, [BigIntInterceptor]);
    expect(await get('events')).toContain(`data: {"price":"${BEYOND_DOUBLES}"}`);
  });
});
