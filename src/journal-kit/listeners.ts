import { AsyncResource } from 'node:async_hooks';
import { InvalidArgumentError, type JournalError } from '../journal/index.js';
import { describeThrown } from '../journal/index.js';

/**
 * Who wants to know that a journal has more to read; what `onAdvanced` of a journal is made of.
 * @publicApi
 */
export class AdvanceListeners {
  readonly #listeners = new Set<() => void>();

  /** @returns a function that removes it. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
  add(listener: () => void): () => void {
    return addTo(this.#listeners, listener);
  }

  /** Calls everybody. A listener that throws keeps neither the others nor the journal from going on. */
  notify(): void {
    if (this.#listeners.size === 0) return;
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        warnOf('onAdvanced', error);
      }
    }
  }
}

/**
 * Who wants to know that a journal takes no more; what `onPoisoned` of a journal is made of.
 * @publicApi
 */
export class PoisonListeners {
  readonly #listeners = new Set<(failure: JournalError) => unknown>();

  /**
   * @param failure why the journal takes no more already: the listener is called now; null while it does
   * @returns a function that removes it. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   */
  add(listener: (failure: JournalError) => unknown, failure: JournalError | null): () => void {
    const remove = addTo(this.#listeners, listener);
    if (failure === null) return remove;
    remove();
    callPoisoned(listener, failure);
    return () => undefined;
  }

  /** Calls everybody, once. A listener that throws or rejects keeps neither the others nor the application from going on. */
  notify(failure: JournalError): void {
    const listeners = [...this.#listeners];
    this.clear();
    for (const listener of listeners) callPoisoned(listener, failure);
  }

  /** Removes every listener. */
  clear(): void {
    this.#listeners.clear();
  }
}

function callPoisoned(listener: (failure: JournalError) => unknown, failure: JournalError): void {
  const warn = (error: unknown): void => warnOf('onPoisoned', error);
  try {
    // An async one rejects instead of throwing; unheard, that would end the process.
    void Promise.resolve(listener(failure)).catch(warn);
  } catch (error) {
    warn(error);
  }
}

/**
 * The same function may be registered twice; each registration is called and removed on its own, in the async context in which it
 * was made.
 */
function addTo<A extends unknown[]>(
  listeners: Set<(...args: A) => unknown>,
  listener: (...args: A) => unknown,
): () => void {
  if (typeof listener !== 'function') throw new InvalidArgumentError('listener', listener, 'a function');
  // The append that causes the call belongs to another caller.
  const context = new AsyncResource('JournalListener');
  const registered = (...args: A): unknown => context.runInAsyncScope(listener, undefined, ...args);
  listeners.add(registered);
  return () => void listeners.delete(registered);
}

function warnOf(event: string, error: unknown): void {
  process.emitWarning(`an ${event} listener threw: ${describeThrown(error)}`);
}
