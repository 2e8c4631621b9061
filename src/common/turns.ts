/** Long work on the main thread, in turns that leave the event loop alive. */
import { monotonicMs, passTurn } from './real-timers.js';

const TURN_MS = 4;

export class Turns {
  #endMs = monotonicMs() + TURN_MS;

  /** Whether it is time to `pass`. */
  get isOver(): boolean {
    return monotonicMs() >= this.#endMs;
  }

  /** Lets timers and sockets have their turn. */
  async pass(): Promise<void> {
    await passTurn();
    this.#endMs = monotonicMs() + TURN_MS;
  }
}
