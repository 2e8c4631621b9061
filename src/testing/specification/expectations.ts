import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { isError, messageOf } from '../../journal/index.js';

/** A class, also an abstract one. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/**
 * What an error has to be: an instance of a class, one with this `code`, one whose message matches, or one for which the predicate
 * returns true (or undefined, so that it may assert by itself).
 */
export type ExpectedError = ErrorClass | string | RegExp | ((error: Error) => boolean | void);

/** Fails, with both values and where they differ, unless they are deeply and strictly equal. */
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

/** Fails with a sentence. */
export function fail(message: string, actual?: unknown, expected?: unknown): never {
  throw new assert.AssertionError({ message, actual, expected, operator: 'fail', stackStartFn: fail });
}

/** `assertSame`, or, for a function, whatever it asserts; `false` is a failure, too. */
export function assertMatches<T>(actual: T, expected: unknown, what: string): void {
  if (typeof expected !== 'function') return assertSame(actual, expected, `${what} is another than expected`);
  if ((expected as (actual: T) => unknown)(actual) === false) {
    fail(`${what} does not satisfy the predicate: ${show(actual)}`, actual);
  }
}

/** @throws AssertionError that shows the error there was */
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

/** What happened instead of what was expected. */
export function show(value: unknown): string {
  if (isError(value)) {
    const { code } = value as { code?: unknown };
    return `${value.name}${typeof code === 'string' ? ` (${code})` : ''}: ${messageOf(value)}`;
  }
  return inspect(value, { depth: 6, sorted: true });
}

/** By the prototype: classes of another realm (Jest's sandbox is one) extend another Error. */
function isErrorClass(expected: ErrorClass | ((error: Error) => unknown)): expected is ErrorClass {
  const prototype: unknown = expected.prototype;
  return typeof prototype === 'object' && prototype !== null && 'message' in prototype;
}

/**
 * Objects with a method `then` are taken for promises by `await` and by a test that returns them. What is awaited is a specification
 * that nobody completed, so it rejects.
 * @returns whether `then` was called by the promise protocol
 */
export function rejectsAwait(args: readonly unknown[]): boolean {
  const [resolve, reject] = args;
  if (typeof resolve !== 'function' || typeof reject !== 'function') return false;
  reject(
    new assert.AssertionError({
      message: 'a specification was awaited or returned that has no expectation: end it with then…()',
      operator: 'fail',
      stackStartFn: rejectsAwait,
    }),
  );
  return true;
}
