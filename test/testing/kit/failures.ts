import assert from 'node:assert/strict';

/**
 * The message of a failing specification. An error other than an AssertionError of `node:assert` is thrown
 * again.
 */
export function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return messageOf(error);
  }
  throw new Error('the specification held');
}

export async function failureOfAsync(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return messageOf(error);
  }
  throw new Error('the specification held');
}

function messageOf(error: unknown): string {
  if (error instanceof assert.AssertionError) return error.message;
  throw error;
}
