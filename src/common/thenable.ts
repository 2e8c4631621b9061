/**
 * Whether `await` would wait for a value: a promise of any realm or library, or another object with a `then`
 * method.
 *
 * Where the package refuses an asynchronous answer, it must refuse every thenable: the next `await` of it
 * would wait. A `then` getter runs once per call, and what it throws reaches the caller.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
