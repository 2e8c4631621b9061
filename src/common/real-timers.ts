/**
 * The timers and the monotonic clock that the library uses. They are read when this module is loaded, so fake
 * timers of a test runner do not affect them: a journal, a projection or a shutdown must not wait for a test
 * that advances a clock by hand.
 *
 * Two times belong to the application and follow a fake clock: the time of events, from `Date.now()` at each
 * call, and the schedule `everyMs` of snapshots.
 */
import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

// Constants instead of re-exports: some libraries replace the functions of `node:timers` itself.
export const setImmediate = timers.setImmediate;
export const clearImmediate = timers.clearImmediate;
export const setTimeout = timers.setTimeout;
export const clearTimeout = timers.clearTimeout;
export const setInterval = timers.setInterval;
export const clearInterval = timers.clearInterval;

// Jest gives each test its own `process`, which may have a fake `nextTick` before this module is loaded. A
// fake has properties, the original has none. The next turn of the event loop is later than the next tick,
// but also correct.
export const nextTick: (callback: () => void) => void =
  Object.keys(process.nextTick).length === 0 ? process.nextTick : timers.setImmediate;

/** Milliseconds of the monotonic clock. */
export const monotonicMs: () => number = performance.now.bind(performance);

/** Resolves after `delayMs`. The timer keeps the process alive. */
export function delay(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
