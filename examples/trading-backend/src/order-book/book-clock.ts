/** The place and time the sequencer gave to a command. */
export interface CommandContext {
  /** Position in the journal, u64. */
  readonly sequenceNum: bigint;
  /** Nanoseconds since the Unix epoch, u64. */
  readonly timestampNs: bigint;
}

/**
 * Where a book reads the time that it writes on trades and compares deadlines with, in Unix milliseconds. It
 * is asked once for every check of a deadline and once for every match, in this order. What it answers may
 * depend on nothing but the context and the number of times it was asked: replay asks again and compares.
 */
export type BookClock = (context: CommandContext) => bigint;

/** The time of the command itself: the default. */
export const commandTime: BookClock = (context) => context.timestampNs / 1_000_000n;
