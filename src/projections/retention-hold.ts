/**
 * Somebody who still needs entries of a journal. Archiving asks everyone, and keeps what they need.
 * @publicApi
 */
export interface RetentionHold {
  /** For logs. */
  readonly name: string;
  /** The oldest sequence that is still needed; null when none is. Answered from what is durable. */
  firstNeededSequence(): bigint | null;
}

/** Where archiving has to stop: everything from the answer on is kept; null when nobody needs anything. */
export function firstNeededOf(holds: readonly RetentionHold[]): bigint | null {
  let first: bigint | null = null;
  for (const hold of holds) {
    const needed = hold.firstNeededSequence();
    if (needed !== null && (first === null || needed < first)) first = needed;
  }
  return first;
}
