import { AsyncResource } from 'node:async_hooks';
import { InvalidArgumentError, type JournalError } from '../journal/index.js';
import { describeThrown } from '../journal/index.js';

/**
 * The listeners of `onAdvanced`: a journal notifies them when there is more to read.
 * @publicApi
 */
export class AdvanceListeners {
  readonly #listeners = new Set<() => void>();

  /**
   * Adds a listener.
   * @returns a function that removes it
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   */
  add(listener: () => void): () => void {
    return addTo(this.#listeners, listener);
  }

  /** Calls all listeners. One that throws affects neither the others nor the journal. */
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
 * The listeners of `onPoisoned`: a journal notifies them once, when it stops accepting appends.
 * @publicApi
 */
export class PoisonListeners {
  readonly #listeners = new Set<(failure: JournalError) => unknown>();

  /**
   * Adds a listener.
   * @param failure why the journal is already poisoned; the listener is then called now. Null if the journal
   * is not poisoned
   * @returns a function that removes the listener
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   */
  add(listener: (failure: JournalError) => unknown, failure: JournalError | null): () => void {
    const remove = addTo(this.#listeners, listener);
    if (failure === null) return remove;
    remove();
    callPoisoned(listener, failure);
    return () => undefined;
  }

  /** Calls all listeners once. One that throws or rejects affects neither the others nor the application. */
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
    // An async listener rejects instead of throwing. An unhandled rejection would end the process.
    void Promise.resolve(listener(failure)).catch(warn);
  } catch (error) {
    warn(error);
  }
}

/**
 * Registers a listener. The same function may be registered twice; each registration is called and removed on
 * its own. A listener runs in the async context of its registration.
 */
function addTo<A extends unknown[]>(
  listeners: Set<(...args: A) => unknown>,
  listener: (...args: A) => unknown,
): () => void {
  if (typeof listener !== 'function') throw new InvalidArgumentError('listener', listener, 'a function');
  // The append that triggers the call may belong to another caller, so the listener keeps its own async
  // context.
  const context = new AsyncResource('JournalListener');
  const registered = (...args: A): unknown => context.runInAsyncScope(listener, undefined, ...args);
  listeners.add(registered);
  return () => void listeners.delete(registered);
}

function warnOf(event: string, error: unknown): void {
  process.emitWarning(`an ${event} listener threw: ${describeThrown(error)}`);
}
