import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

/** Below Jest's time limit of a test, so that the failure names the condition. */
const GIVE_UP_MS = 150_000;

/**
 * Waits until a condition holds, however busy the machine is.
 * @param what names the condition in the error; default: its source
 * @throws Error after 150 s
 */
export async function until(holds: () => boolean | Promise<boolean>, what = holds.toString()): Promise<void> {
  const giveUpAtMs = performance.now() + GIVE_UP_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs)
      throw new Error(`gave up after ${GIVE_UP_MS} ms of waiting until ${what}`);
    await delay(1);
  }
}

/**
 * Lets the event loop turn, so that everything that is ready runs. A check that something does *not* happen
 * waits this way: a wrong implementation acts within a few turns, and a busy machine only makes the turns
 * slower.
 */
export async function turns(count = 50): Promise<void> {
  for (let left = count; left > 0; left -= 1) await nextTurn();
}
