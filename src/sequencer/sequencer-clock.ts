import { toU64 } from '../journal/index.js';

/** Nanoseconds since the Unix epoch. */
export type WallClock = () => bigint;

/** A wall clock further behind than this is worth an alarm. */
const TOLERATED_SKEW_NS = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

/**
 * The time of events: the wall clock, but never before the event before. Where the wall clock was set back, time stands
 * still until it has caught up.
 */
export class SequencerClock {
  /** How far the wall clock was behind the last event when the latest was made; 0n when it was not. */
  skewNs = 0n;
  private lastNs = 0n;

  constructor(private readonly wallClock: WallClock = systemClock()) {}

  /** Whether the wall clock was more than a second behind the journal when the latest event was made. */
  get isSkewed(): boolean {
    return this.skewNs > TOLERATED_SKEW_NS;
  }

  /** Whether it is now. */
  isSkewedNow(): boolean {
    return this.lastNs - toU64('clock()', this.wallClock()) > TOLERATED_SKEW_NS;
  }

  /** Time for the next event. */
  next(): bigint {
    const now = toU64('clock()', this.wallClock());
    this.skewNs = now < this.lastNs ? this.lastNs - now : 0n;
    if (now > this.lastNs) this.lastNs = now;
    return this.lastNs;
  }

  /** An event with this time is in the journal. */
  observe(timestampNs: bigint): void {
    if (timestampNs > this.lastNs) this.lastNs = timestampNs;
  }
}

/**
 * `Date.now()`, refined within its millisecond by the monotonic clock: never more than a millisecond off the wall clock,
 * however long the process runs.
 */
export function systemClock(): WallClock {
  let anchorMs = 0;
  let anchoredAt = 0n;
  return () => {
    const nowMs = Date.now();
    const monotonic = process.hrtime.bigint();
    if (nowMs !== anchorMs) {
      anchorMs = nowMs;
      anchoredAt = monotonic;
    }
    const sinceAnchor = monotonic - anchoredAt;
    return BigInt(nowMs) * NS_PER_MS + (sinceAnchor < NS_PER_MS ? sinceAnchor : NS_PER_MS - 1n);
  };
}
