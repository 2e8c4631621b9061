import { InvalidArgumentError } from '../journal/index.js';

interface Waiting {
  readonly listeners: Set<() => void>;
  readonly stop: () => void;
}

/** The listeners of each signal that a call waits with. */
const waitingWith = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `listener` when `signal` is aborted, but not for a signal that is already aborted. Each signal has
 * only one event listener, however many calls wait with it, because Node.js warns of a leak from the eleventh
 * listener on.
 * @returns a function that removes the listener
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const waiting = waitingWith.get(signal) ?? listenTo(signal);
  // A separate function for each call: the same listener may be registered twice.
  const registered = (): void => listener();
  waiting.listeners.add(registered);
  return () => {
    // A signal of `AbortSignal.any()` stays in memory while it has a listener.
    if (waiting.listeners.delete(registered) && waiting.listeners.size === 0) waiting.stop();
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const listeners = new Set<() => void>();
  const stop = (): void => {
    signal.removeEventListener('abort', callAll);
    waitingWith.delete(signal);
  };
  const callAll = (): void => {
    stop();
    const called = [...listeners];
    listeners.clear();
    for (const listener of called) listener();
  };
  signal.addEventListener('abort', callAll);
  const waiting = { listeners, stop };
  waitingWith.set(signal, waiting);
  return waiting;
}

/**
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for a value that is neither a signal nor
 * undefined
 */
export function assertSignal(signal: unknown): void {
  if (signal === undefined || isAbortSignal(signal)) return;
  throw new InvalidArgumentError('signal', signal, 'an AbortSignal');
}

/** Checks the shape, because polyfills and other realms (including Jest's) have their own class. */
function isAbortSignal(value: unknown): value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null;
  return typeof signal === 'object' && signal !== null && typeof signal.throwIfAborted === 'function';
}
