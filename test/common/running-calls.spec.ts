import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { isInside, runCall, runningCalls } from '../../src/common/index.js';

const MANY = 20_000;
const scope = {};

/** The current context, for code that continues after its call has returned. */
const enter = (): ((work: () => void) => void) => AsyncResource.bind((work: () => void) => work());

describe('calls that start one another', () => {
  it('form no chain one after the other', () => {
    let inLast = enter();
    for (let index = 0; index < MANY; index += 1) {
      inLast(() => runCall('one', scope, () => (inLast = enter())));
    }
    inLast(() => {
      expect([...runningCalls()]).toEqual([]);
      runCall('last', scope, (call) => expect(call.outer).toBeNull());
    });
  });

  it('do not keep returned calls in the chain', async () => {
    let inLast = enter();
    let endLast = (): void => undefined;
    let ended: Promise<void> = Promise.resolve();
    for (let index = 0; index < MANY; index += 1) {
      const endBefore = endLast;
      const endedBefore = ended;
      inLast(() => {
        ended = runCall('one', scope, () => {
          inLast = enter();
          return new Promise((resolve) => (endLast = resolve));
        });
      });
      endBefore();
      await endedBefore;
    }
    inLast(() => {
      expect([...runningCalls()]).toHaveLength(1);
      expect(isInside(scope)).toBe(true);
    });
    endLast();
    await ended;
    inLast(() => expect(isInside(scope)).toBe(false));
  });

  it('find a running call around a returned one', async () => {
    let end = (): void => undefined;
    let inInner = enter();
    const outer = runCall('outer', scope, () => {
      runCall('inner', {}, () => (inInner = enter()));
      return new Promise<void>((resolve) => (end = resolve));
    });
    inInner(() => expect([...runningCalls()].map(({ name }) => name)).toEqual(['outer']));
    end();
    await outer;
    inInner(() => expect([...runningCalls()]).toEqual([]));
  });
});
