/** Commands and results are read once, so that the same values are executed, stored and answered. */
import { describe, expect, it } from '@jest/globals';
import { EventBus } from '@nestjs/cqrs';
import { Exclude, Expose, Transform } from 'class-transformer';
import { WriteAheadPublisher } from '../../src/cqrs/index.js';
import {
  DeserializationError,
  SequencerEvent,
  type Journal,
  type PayloadCodec,
} from '../../src/journal/index.js';
import { FileJournalModule, getJournalToken } from '../../src/nest/index.js';
import { Sequencer, type SequencerAggregate } from '../../src/sequencer/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { boot } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { named } from '../support/event-classes.js';

/** Adds up its commands, and returns the result that the test sets. */
class Sum implements SequencerAggregate<{ Add: number }, unknown> {
  static makeResult: (total: number) => unknown = (total) => total;
  total = 0;

  execute({ Add }: { Add: number }): unknown {
    if (typeof Add !== 'number') throw new TypeError('no number');
    return Sum.makeResult((this.total += Add));
  }
}

type Options = Omit<Parameters<typeof FileJournalModule.forRoot>[0], 'directory'>;

async function bootSum(
  directory: string,
  options: Options = {},
  makeResult: typeof Sum.makeResult = (total) => total,
) {
  Sum.makeResult = makeResult;
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536, snapshots: false, ...options }),
      FileJournalModule.forFeature([Sum]),
    ],
  });
  const sequencer = app.get<Sequencer>(Sequencer);
  const journal = app.get<Journal>(getJournalToken());
  return {
    app,
    sequencer,
    publisher: app.get(WriteAheadPublisher),
    total: () => sequencer.query((sum) => (sum as unknown as Sum).total),
    stored: () => [...journal.readFrom(0)].map(({ event }) => event),
  };
}

/** Values that give another reading each time. */
function counting(): { readonly next: () => number; readings: number } {
  const counter = { readings: 0, next: () => (counter.readings += 1) };
  return counter;
}

const SHIFTY: readonly [string, (next: () => number) => unknown][] = [
  [
    'a getter',
    (next) => ({
      get Add() {
        return next();
      },
    }),
  ],
  ['toJSON', (next) => ({ toJSON: () => ({ Add: next() }) })],
  ['toJSON of a value', (next) => ({ Add: { toJSON: next } })],
  [
    'a Proxy',
    (next) =>
      new Proxy(
        { Add: 0 },
        { get: (target, key) => (key === 'Add' ? next() : (Reflect.get(target, key) as unknown)) },
      ),
  ],
  [
    'a getter of a class',
    (next) => Object.defineProperty(new (class Add {})(), 'Add', { get: next, enumerable: true }),
  ],
  [
    'a getter beside what needs care',
    (next) => ({
      at: new Date(0),
      zero: -0,
      get Add() {
        return next();
      },
    }),
  ],
];

const WAYS: readonly [string, Options, (index: number) => object][] = [
  ['at once', {}, () => ({})],
  ['after it waited', { maxInFlight: 1 }, () => ({})],
  ['with an id', {}, (index) => ({ commandId: `k${index}` })],
  ['with an id, after it waited', { maxInFlight: 1 }, (index) => ({ commandId: `k${index}` })],
];

describe.each(SHIFTY)('a command with %s', (_name, make) => {
  it.each(WAYS)('is executed, stored and answered by one reading: %s', async (_way, options, optionsOf) => {
    const directory = temporaryDirectory();
    const before = await bootSum(directory, options);
    const counters = [counting(), counting(), counting()];
    const answers = await Promise.all(
      counters.map(({ next }, index) => before.sequencer.submit(make(next), optionsOf(index))),
    );
    expect(counters.map(({ readings }) => readings)).toEqual([1, 1, 1]);
    expect(answers.map(({ result }) => result)).toEqual([1, 2, 3]);
    expect(answers.map(({ command }) => command)).toMatchObject([{ Add: 1 }, { Add: 1 }, { Add: 1 }]);
    expect(before.stored()).toStrictEqual(answers);
    await before.app.close();
    // A divergence would stop this boot with JOURNAL_REPLAY_DIVERGENCE.
    const after = await bootSum(directory, options);
    expect(await after.total()).toBe(3);
  });

  it('is executed and stored by one reading when another part of the application publishes it', async () => {
    const directory = temporaryDirectory();
    const before = await bootSum(directory);
    const { next } = counting();
    const event = new SequencerEvent({ sequenceNum: 0n, timestampNs: 1n, command: make(next), result: 1 });
    await before.publisher.publish(event);
    expect(before.stored()).toMatchObject([{ command: { Add: 1 }, result: 1 }]);
    await before.app.close();
    const after = await bootSum(directory);
    expect(await after.total()).toBe(1);
  });
});

describe('a result', () => {
  it.each<[string, (next: () => number) => unknown]>([
    [
      'a getter',
      (next) => ({
        get total() {
          return next();
        },
      }),
    ],
    ['toJSON', (next) => ({ toJSON: () => ({ total: next() }) })],
  ])('with %s is stored and answered by one reading', async (_name, make) => {
    const directory = temporaryDirectory();
    const counters: ReturnType<typeof counting>[] = [];
    const makeResult = () => {
      const counter = counting();
      counters.push(counter);
      return make(counter.next);
    };
    const before = await bootSum(directory, {}, makeResult);
    const answer = await before.sequencer.submit({ Add: 1 });
    expect(counters.map(({ readings }) => readings)).toEqual([1]);
    expect(answer.result).toStrictEqual({ total: 1 });
    expect(before.stored()).toStrictEqual([answer]);
    await before.app.close();
    const after = await bootSum(directory, {}, makeResult);
    expect(await after.total()).toBe(1);
  });

  it('is answered as it is stored, and keeps its bigints', async () => {
    class Report {
      total = 5n;
      note?: string = undefined;
      at = new Date(0);
    }
    const makeResult = () => Object.assign(new Report(), { [Symbol('meta')]: 1 });
    const { sequencer, app, stored } = await bootSum(temporaryDirectory(), {}, makeResult);
    const published: unknown[] = [];
    app.get(EventBus).subscribe((event) => published.push((event as unknown as SequencerEvent).result));
    const { result } = await sequencer.submit({ Add: 1 });
    expect(result).toStrictEqual({ total: 5n, at: '1970-01-01T00:00:00.000Z' });
    expect(published).toStrictEqual([result]);
    expect(stored().map((event) => event.result)).toStrictEqual([
      { total: 5, at: '1970-01-01T00:00:00.000Z' },
    ]);
  });

  it('is independent of later changes by the aggregate', async () => {
    const kept = { total: 0 };
    const { sequencer, stored } = await bootSum(temporaryDirectory(), {}, (total) =>
      Object.assign(kept, { total }),
    );
    const answers = await Promise.all([1, 1, 1].map((Add) => sequencer.submit({ Add })));
    expect(answers.map(({ result }) => result)).toStrictEqual([{ total: 1 }, { total: 2 }, { total: 3 }]);
    expect(stored()).toStrictEqual(answers);
  });

  it('that cannot be stored is refused, and undone in the aggregate', async () => {
    const directory = temporaryDirectory();
    const { sequencer, total, stored, app } = await bootSum(directory, {}, (sum) =>
      sum === 3 ? new Headers() : sum,
    );
    await sequencer.submit({ Add: 1 });
    await expect(sequencer.submit({ Add: 2 })).rejects.toMatchObject({
      code: 'JOURNAL_SERIALIZATION',
      path: 'result',
    });
    expect(await total()).toBe(1);
    expect((await sequencer.submit({ Add: 4 })).result).toBe(5);
    expect(stored()).toHaveLength(2);
    await app.close();
    expect(await (await bootSum(directory)).total()).toBe(5);
  });
});

describe('a command that cannot be stored', () => {
  it.each(WAYS)('is refused before anything is executed: %s', async (_way, options, optionsOf) => {
    const { sequencer, total, stored } = await bootSum(temporaryDirectory(), options);
    const command: Record<string, unknown> = { Add: 1, query: new URLSearchParams('a=1') };
    const answers = [{ Add: 1 }, command, { Add: 1, price: 2 ** 60 }, { Add: 1 }].map((one, index) =>
      sequencer.submit(one, optionsOf(index)),
    );
    // The command was read when it was submitted; a later change has no effect.
    delete command['query'];
    expect(
      (await Promise.allSettled(answers)).map((answer) =>
        answer.status === 'rejected' ? (answer.reason as object) : answer.value.result,
      ),
    ).toMatchObject([
      1,
      { code: 'JOURNAL_SERIALIZATION', path: 'command.query' },
      { code: 'JOURNAL_SERIALIZATION', path: 'command.price' },
      2,
    ]);
    expect(await total()).toBe(2);
    expect(stored()).toHaveLength(2);
  });
});

class Placed {
  @Expose({ name: 'order_id' })
  orderId = 7;

  @Exclude({ toPlainOnly: true })
  secret = 'default';

  // A plain copy must not be converted a second time.
  @Transform(({ value }) => (value as number) * 2, { toPlainOnly: true })
  amount = 4;
}

const placed = (change: Partial<Placed> = {}) => ({ Placed: Object.assign(new Placed(), change) });

describe('an instance that could be stored but not read back', () => {
  class Placed {
    readonly price: number;
    constructor(order: { price: number }) {
      this.price = order.price;
    }
  }

  it.each(WAYS)(
    'is refused as a command before anything is executed: %s',
    async (_way, _options, optionsOf) => {
      const { sequencer, stored } = await bootSum(temporaryDirectory(), { events: named({ Placed }) });
      const submitted = sequencer.submit({ Placed: new Placed({ price: 1 }) }, optionsOf(0));
      await expect(submitted).rejects.toMatchObject({ code: 'JOURNAL_SERIALIZATION', path: 'command' });
      expect(stored()).toEqual([]);
      expect((await sequencer.submit({ Add: 1 })).result).toBe(1);
    },
  );

  it('is refused as a result, and undone in the aggregate', async () => {
    const codec: PayloadCodec = {
      ...jsonCodec(),
      fromPlain: (plain, part) => {
        if (part === 'result' && typeof plain === 'object') throw new DeserializationError('no instance');
        return plain;
      },
    };
    const options = { codec };
    const { sequencer, stored } = await bootSum(temporaryDirectory(), options, (total) =>
      total > 5 ? { Placed: new Placed({ price: 1 }) } : total,
    );
    await expect(sequencer.submit({ Add: 6 })).rejects.toMatchObject({
      code: 'JOURNAL_SERIALIZATION',
      path: 'result',
    });
    expect(stored()).toEqual([]);
    expect((await sequencer.submit({ Add: 1 })).result).toBe(1);
  });
});

describe('a command with an instance of a registered class', () => {
  class Orders {
    execute({ Placed: order }: { Placed?: Placed }): unknown {
      return order === undefined ? null : [order instanceof Placed, order.amount, order.secret];
    }
  }

  it('is answered and published as it is read from the journal', async () => {
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({
          directory: temporaryDirectory(),
          segmentSizeBytes: 65_536,
          events: named({ Placed }),
        }),
        FileJournalModule.forFeature([Orders]),
      ],
    });
    const sequencer = app.get<Sequencer>(Sequencer);
    const published: unknown[] = [];
    app.get(EventBus).subscribe((event) => published.push(event));
    const answers = [
      await sequencer.submit(placed({ secret: 'x' })),
      await sequencer.submit(placed(), { commandId: 'k' }),
      await sequencer.submit({ Other: { a: 1 } }),
    ];
    const journal = app.get<Journal>(getJournalToken());
    const stored = [...journal.readFrom(0)];
    expect(stored.map(({ event }) => event)).toStrictEqual(answers);
    expect(published).toStrictEqual(answers);
    expect(answers[0]?.command).toStrictEqual(placed({ amount: 8 }));
    expect(answers[0]?.result).toStrictEqual([true, 8, 'default']);
    expect(Buffer.from(stored[0]?.payload ?? []).toString()).toContain(
      '{"Placed":{"order_id":7,"amount":8}}',
    );
    // Also the repeated command.
    expect(await sequencer.submit(placed(), { commandId: 'k' })).toStrictEqual(answers[1]);
  });
});
