import { InvalidArgumentError } from './errors.js';

/** Who wants to know that a journal has more to read; what `onAdvanced` of a journal is made of. */
export class AdvanceListeners {
  readonly #listeners = new Set<() => void>();

  /** @returns a function that removes it. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
  add(listener: () => void): () => void {
    if (typeof listener !== 'function') throw new InvalidArgumentError('listener', listener, 'a function');
    // The same function may be registered twice; each registration is called and removed on its own.
    const registered = (): void => listener();
    this.#listeners.add(registered);
    return () => void this.#listeners.delete(registered);
  }

  /** Calls everybody. A listener that throws keeps neither the others nor the journal from going on. */
  notify(): void {
    if (this.#listeners.size === 0) return;
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        process.emitWarning(
          `an onAdvanced listener threw: ${error instanceof Error ? error.stack : String(error)}`,
        );
      }
    }
  }
}
