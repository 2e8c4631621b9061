/** Lag of a follower behind the journal. @publicApi */
export interface LagReading {
  /** Name of the projection or subscriber. */
  readonly name: string;
  /** Entries that it has not handled yet. */
  readonly lagEntries: bigint;
  /** True if it does not continue by itself: paused after failures, or stopped by the application. */
  readonly isStopped: boolean;
}

/**
 * Reports the lag of the followers of a journal. The ProjectionsService implements it; health and metrics
 * call it.
 * @publicApi
 */
export interface LagSource {
  /** Reads how far each follower of the journal lags behind it. */
  lag(): Iterable<LagReading>;
}
