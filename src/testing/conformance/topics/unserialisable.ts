import { assertGoesOn, assertRefused } from '../assertions.js';
import { eventAt } from '../events.js';
import type { Topic } from '../topic.js';

const CODE = 'JOURNAL_SERIALIZATION';

function cycle(): unknown {
  const order: Record<string, unknown> = {};
  order['self'] = { order };
  return order;
}

function cyclicArray(): unknown {
  const legs: unknown[] = [];
  legs.push({ legs });
  return legs;
}

const UNSERIALISABLE: readonly [name: string, value: unknown][] = [
  ['a function', () => 1],
  ['a symbol', Symbol('side')],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['a cycle', cycle()],
  ['a cycle through an array', cyclicArray()],
];

/** Values that JSON.stringify would silently omit or turn into null. */
const PLACES: readonly [name: string, wrap: (value: unknown) => unknown][] = [
  ['itself', (value) => value],
  ['a field', (value) => ({ AddOrder: { price: value } })],
  ['an array element', (value) => ({ legs: [1, value] })],
];

export const unserialisableTopic: Topic = {
  name: 'unserialisable payloads',
  define(test) {
    for (const [name, value] of UNSERIALISABLE) {
      test(`refuses ${name} anywhere in an event, and stays open`, async ({ open }) => {
        const journal = await open();
        await journal.append(eventAt(0));
        for (const [, wrap] of PLACES) {
          await assertRefused(journal, () => journal.append(eventAt(1, wrap(value))), CODE);
          await assertRefused(journal, () => journal.append(eventAt(1, null, wrap(value))), CODE);
        }
        await assertGoesOn(journal);
      });
    }

    test('stores an object that occurs twice in one event, which is not a cycle', async ({ open }) => {
      const journal = await open();
      const leg = { price: 1 };
      await journal.append(eventAt(0, { buy: leg, sell: leg, legs: [leg, leg] }));
      await assertGoesOn(journal);
    });
  },
};
