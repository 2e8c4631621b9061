import { describe, it } from '@jest/globals';
import { RingQueue } from '../../src/common/index.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';
import { Random } from '../support/random.js';

function contentOf(queue: RingQueue<number>) {
  return {
    all: [...queue],
    at: Array.from({ length: queue.size + 2 }, (_, index) => queue.at(index - 1)),
    first: queue.first,
    last: queue.last,
    size: queue.size,
  };
}

describe('RingQueue', () => {
  it.each([1, 2, 3])('holds what a list would hold, whatever is pushed and shifted (seed %i)', (seed) => {
    const random = new Random(seed);
    const queue = new RingQueue<number>();
    const list: number[] = [];
    for (let step = 0; step < 3_000; step += 1) {
      // Phases in which it grows beyond its capacity, and in which it is emptied.
      if (random.chance(step % 600 < 300 ? 0.7 : 0.3)) {
        queue.push(step);
        list.push(step);
      } else {
        expectSame(queue.shift(), list.shift());
      }
      expectEqual(contentOf(queue), {
        all: list,
        at: [undefined, ...list, undefined],
        first: list[0],
        last: list.at(-1),
        size: list.length,
      });
    }
  });
});
