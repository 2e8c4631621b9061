/** The sequence and the time that the sequencer assigned to a command. */
export interface CommandContext {
  /** Position in the journal, u64. */
  readonly sequenceNum: bigint;
  /** Nanoseconds since the Unix epoch, u64. */
  readonly timestampNs: bigint;
}

/**
 * Returns the time for trades and deadlines, in Unix milliseconds. The book calls it once for every check of
 * a deadline and once for every match, in this order. The answer may depend only on the context and on the
 * number of calls, because a replay calls it again and compares.
 */
export type BookClock = (context: CommandContext) => bigint;

/** The time of the command itself: the default. */
export const commandTime: BookClock = (context) => context.timestampNs / 1_000_000n;
