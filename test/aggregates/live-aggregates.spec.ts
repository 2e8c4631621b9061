import { expect, it } from '@jest/globals';
import { LiveAggregates } from '../../src/aggregates/live-aggregates.js';

it('the cache never evicts an aggregate with a running turn, even if it is full', async () => {
  const live = new LiveAggregates<string>(1);
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const held = live.run('a', async (slot) => {
    slot.aggregate = 'the only one';
    await finished;
  });
  await live.run('b', async (slot) => {
    slot.aggregate = 'another';
  });
  const next = live.run('a', async ({ aggregate }) => aggregate);
  finish();
  await held;
  expect(await next).toBe('the only one');
  expect(live.size).toBe(1);
});
