/** Events as instances of decorated classes, against class-transformer alone. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { Expose, Transform, Type, plainToInstance } from 'class-transformer';
import {
  FileJournalModule,
  InMemoryJournal,
  SequencerEvent,
  jsonCodec,
  type PayloadCodec,
} from 'nestjs-file-journal';
import { measureFunctions } from '../harness/functions.js';
import type { Bench } from './bench.js';

const EVENTS = 256;
const METRIC = 'decode to instances';
const PLAIN = 'decode, then plainToInstance';
const WITH_CLASSES = 'decode with event classes';
const WITHOUT = 'decode without instances';
const CONVERSION = 'conversion to instances';
const ALONE = 'event classes alone';
const LIBRARY_ALONE = 'plainToInstance alone';

class Fill {
  makerOrderId!: string;
  @Transform(({ value }) => BigInt(value as number), { toClassOnly: true })
  price!: bigint;
  quantity!: number;
}

class OrderFilled {
  @Expose()
  orderId!: string;
  owner!: string;
  @Type(() => Date)
  filledAt!: Date;
  @Transform(({ value }) => BigInt(value as number), { toClassOnly: true })
  notional!: bigint;
  @Type(() => Fill)
  fills!: Fill[];
  remaining!: number;
}

export const instances: Bench = async ({ plan, figures }) => {
  const plainCodec = jsonCodec() as PayloadCodec;
  const codec = await codecOfModule(plainCodec);
  const events = Array.from({ length: EVENTS }, (_, index) => {
    const event = new SequencerEvent({
      sequenceNum: index,
      timestampNs: 1_712_345_678_901_000_000n,
      command: { OrderFilled: plainOrder(index) },
      result: null,
    });
    return { event, payload: Buffer.from(plainCodec.encode(event)) };
  });
  const decodeAll = (decoder: PayloadCodec): number => {
    let count = 0;
    for (const { event, payload } of events) {
      if (decoder.decode(payload, event.sequenceNum, event.timestampNs).command !== null) count += 1;
    }
    return count;
  };
  const sample = codec.decode(events[0]?.payload ?? Buffer.alloc(0), 0n, 1_712_345_678_901_000_000n);
  if (!((sample.command as { OrderFilled?: unknown }).OrderFilled instanceof OrderFilled)) {
    throw new TypeError('the event class is not used');
  }
  const functions = [
    { name: WITHOUT, run: () => decodeAll(plainCodec) },
    { name: WITH_CLASSES, run: () => decodeAll(codec) },
    {
      name: PLAIN,
      run() {
        let count = 0;
        for (const { event, payload } of events) {
          const { command } = plainCodec.decode(payload, event.sequenceNum, event.timestampNs);
          const instance = plainToInstance(OrderFilled, (command as { OrderFilled: object }).OrderFilled);
          if (instance instanceof OrderFilled) count += 1;
        }
        return count;
      },
    },
  ];
  if (!(await measureFunctions({ metric: METRIC, operations: EVENTS }, functions, plan, figures))) return;
  figures.target(
    {
      id: '7.decode',
      text: `${PLAIN}: time against ${WITH_CLASSES}, JSON included`,
      bound: 'at least',
      limit: 5,
    },
    METRIC,
    PLAIN,
    WITH_CLASSES,
  );
  await measureConversion();

  /** Measures the conversion alone, from events whose JSON is already parsed. */
  async function measureConversion(): Promise<void> {
    const parsed = events.map(({ event, payload }) =>
      plainCodec.decode(payload, event.sequenceNum, event.timestampNs),
    );
    const orders = parsed.map(({ command }) => (command as { OrderFilled: object }).OrderFilled);
    const converter = await codecOfModule({
      ...plainCodec,
      decode: (_payload, sequenceNum) => parsed[Number(sequenceNum)] as SequencerEvent,
    });
    const conversions = [
      { name: ALONE, run: () => decodeAll(converter) },
      {
        name: LIBRARY_ALONE,
        run: () =>
          orders.filter((order) => plainToInstance(OrderFilled, order) instanceof OrderFilled).length,
      },
    ];
    await measureFunctions({ metric: CONVERSION, operations: EVENTS }, conversions, plan, figures);
  }
  figures.target(
    { id: '7', text: 'plainToInstance alone: time against event classes alone', bound: 'at least', limit: 5 },
    CONVERSION,
    LIBRARY_ALONE,
    ALONE,
  );
};

function plainOrder(index: number): object {
  return {
    orderId: String(1_000_000 + index),
    owner: '975835de1c9756cebfc846100bfc1e42987bbcbfdd7e532fc3f2827affe7f664',
    filledAt: '2024-04-05T19:34:38.901Z',
    notional: 65_432_410_000 + index,
    fills: [
      { makerOrderId: '492', price: 65_432_360_000, quantity: 245 },
      { makerOrderId: '493', price: 65_432_370_000, quantity: 12 + index },
    ],
    remaining: 3,
  };
}

/** The codec that an application with registered event classes reads through. */
async function codecOfModule(inner: PayloadCodec): Promise<PayloadCodec> {
  let found: PayloadCodec | null = null;
  class BenchModule {}
  Module({
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({
        codec: inner,
        events: [{ event: OrderFilled, name: 'OrderFilled' }],
        snapshots: false,
        journal: ({ codec }) => {
          found = codec;
          return InMemoryJournal.open({ codec });
        },
      }),
    ],
  })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  await app.close();
  if (found === null) throw new Error('the module made no codec');
  return found;
}
