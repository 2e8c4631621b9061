import assert from 'node:assert/strict';

/** The message with which a specification fails; anything but an AssertionError of `node:assert` is an error of the kit. */
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
