/**
 * Describes values that application code threw. JavaScript can throw any value, and reading or printing it
 * may throw again: a Proxy, an object without a prototype, an error with a throwing `message`. These
 * functions never throw.
 */

const UNPRINTABLE = 'a value that cannot be printed';

/** Whether a thrown value is an Error. Unlike `instanceof`, the check never throws for a Proxy. */
export function isError(thrown: unknown): thrown is Error {
  return attempt(() => thrown instanceof Error) === true;
}

/** Returns the message of an error, or any other thrown value as text. */
export function messageOf(thrown: unknown): string {
  return attempt(() => (thrown instanceof Error ? text(thrown.message) : text(thrown))) ?? UNPRINTABLE;
}

/** Returns the stack of an error; undefined for a value without one. */
export function stackOf(thrown: unknown): string | undefined {
  return attempt(() => {
    const stack: unknown = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === 'string' ? stack : undefined;
  });
}

/** Returns the stack of an error, or its message if it has no stack, as one string for a log. */
export function describeThrown(thrown: unknown): string {
  return stackOf(thrown) ?? messageOf(thrown);
}

/**
 * Returns the thrown value itself if it is a printable error; otherwise a new error with the value as its
 * `cause`.
 */
export function toError(thrown: unknown): Error {
  const isPrintable = isError(thrown) && attempt(() => typeof thrown.message === 'string') === true;
  return isPrintable ? (thrown as Error) : new Error(messageOf(thrown), { cause: thrown });
}

function text(value: unknown): string {
  // An object without a prototype has no toString().
  return attempt(() => String(value)) ?? Object.prototype.toString.call(value);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
