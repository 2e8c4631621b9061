/**
 * Whether `await` would wait for a value: a promise of any realm or library, or another object with a `then`
 * method.
 *
 * Code that rejects an asynchronous answer must reject every thenable, because the next `await` of the answer
 * would wait. A `then` getter runs once per call, and its error reaches the caller.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
