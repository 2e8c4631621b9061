import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { isError, messageOf } from '../../journal/index.js';

/**
 * A class of errors; it may be abstract.
 * @publicApi
 */
export type ErrorClass = abstract new (...args: never[]) => Error;

/**
 * An expected error: a class that it is an instance of, its `code`, a pattern of its message, or a predicate.
 * A predicate fails if it returns false; it may also contain assertions.
 * @publicApi
 */
export type ExpectedError = ErrorClass | string | RegExp | ((error: Error) => boolean | void);

/** Fails with the difference unless the values are strictly and deeply equal. */
export function assertSame(actual: unknown, expected: unknown, message: string): void {
  try {
    assert.deepStrictEqual(actual, expected);
  } catch (error) {
    if (!(error instanceof assert.AssertionError)) throw error;
    const difference = error.message.replace(/^Expected values to be strictly deep-equal:\n/, '');
    throw new assert.AssertionError({
      message: `${message}:\n${difference}`,
      actual,
      expected,
      operator: 'deepStrictEqual',
      stackStartFn: assertSame,
    });
  }
}

/** Fails with this message. */
export function fail(message: string, actual?: unknown, expected?: unknown): never {
  throw new assert.AssertionError({ message, actual, expected, operator: 'fail', stackStartFn: fail });
}

/** As `assertSame`; a function runs its own assertions, and fails if it returns false. */
export function assertMatches<T>(actual: T, expected: unknown, what: string): void {
  if (typeof expected !== 'function')
    return assertSame(actual, expected, `${what} differs from the expected one`);
  if ((expected as (actual: T) => unknown)(actual) === false) {
    fail(`${what} does not satisfy the predicate: ${show(actual)}`, actual);
  }
}

/** @throws AssertionError that shows the actual error */
export function assertError(error: unknown, expected: ExpectedError): void {
  const thrown = show(error);
  if (typeof expected === 'string') {
    const code = (error as { code?: unknown } | null)?.code;
    if (code !== expected) fail(`expected an error with code ${expected}, got ${thrown}`, code, expected);
  } else if (expected instanceof RegExp) {
    const message = messageOf(error);
    if (!expected.test(message))
      fail(`expected an error whose message matches ${expected}, got ${thrown}`, message, expected);
  } else if (isErrorClass(expected)) {
    if (!(error instanceof expected)) fail(`expected ${expected.name}, got ${thrown}`, error, expected);
  } else if (expected(error as Error) === false) {
    fail(`the error does not satisfy the predicate: ${thrown}`, error);
  }
}

/** A value for messages. */
export function show(value: unknown): string {
  if (isError(value)) {
    const { code } = value as { code?: unknown };
    return `${value.name}${typeof code === 'string' ? ` (${code})` : ''}: ${messageOf(value)}`;
  }
  return inspect(value, { depth: 6, sorted: true });
}

/** Checks the prototype: classes of another realm, such as Jest's sandbox, extend another Error. */
function isErrorClass(expected: ErrorClass | ((error: Error) => unknown)): expected is ErrorClass {
  const prototype: unknown = expected.prototype;
  return typeof prototype === 'object' && prototype !== null && 'message' in prototype;
}

/**
 * Rejects the await of a specification without an expectation. `await` and test runners treat an object with
 * a method `then` as a promise.
 * @returns whether `then` was called by the promise protocol
 */
export function rejectsAwait(args: readonly unknown[]): boolean {
  const [resolve, reject] = args;
  if (typeof resolve !== 'function' || typeof reject !== 'function') return false;
  reject(
    new assert.AssertionError({
      message: 'a specification without an expectation was awaited or returned: end it with then…()',
      operator: 'fail',
      stackStartFn: rejectsAwait,
    }),
  );
  return true;
}
