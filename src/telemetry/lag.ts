/**
 * How far behind the journal something is that follows it.
 * @publicApi
 */
export interface LagReading {
  /** Name of the projection or subscriber. */
  readonly name: string;
  /** Entries that it has still to handle. */
  readonly lagEntries: bigint;
  /** True when it does not go on by itself: paused after failures, or stopped by hand. */
  readonly isStopped: boolean;
}

/**
 * Tells the lag of what follows a journal. Implemented by whoever runs projections; asked when health or
 * metrics are.
 * @publicApi
 */
export interface LagSource {
  /** Reads how far each follower of the journal lags behind it. */
  lag(): Iterable<LagReading>;
}
