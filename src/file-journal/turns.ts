/** Long work on the main thread, in turns that leave the event loop alive. */
import { setImmediate } from 'node:timers/promises';

const TURN_MS = 4;

export class Turns {
  #endMs = performance.now() + TURN_MS;

  /** Whether it is time to `pass`. */
  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /** Lets timers and sockets have their turn. */
  async pass(): Promise<void> {
    await setImmediate();
    this.#endMs = performance.now() + TURN_MS;
  }
}
