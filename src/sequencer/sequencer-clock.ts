import { monotonicMs } from '../common/index.js';
import { toU64 } from '../journal/index.js';

/** Nanoseconds since the Unix epoch. */
export type WallClock = () => bigint;

/** The health check reports a wall clock that is further behind than this. */
const TOLERATED_SKEW_NS = 1_000_000_000n;
const NS_PER_MS = 1_000_000;

/**
 * The clock of events: the wall clock, but never before the previous event. If the wall clock is set back,
 * events keep the last time until it has caught up.
 */
export class SequencerClock {
  /** How far the wall clock was behind the journal when the last event was created; 0n if it was not. */
  skewNs = 0n;
  private lastNs = 0n;

  constructor(private readonly wallClock: WallClock = systemClock()) {}

  /** Whether the wall clock was more than a second behind the journal when the last event was created. */
  get isSkewed(): boolean {
    return this.skewNs > TOLERATED_SKEW_NS;
  }

  /** Whether the wall clock, read now, is more than a second behind the journal. */
  isSkewedNow(): boolean {
    return this.lastNs - toU64('clock()', this.wallClock()) > TOLERATED_SKEW_NS;
  }

  /** The time of the next event. */
  next(): bigint {
    const now = toU64('clock()', this.wallClock());
    this.skewNs = now < this.lastNs ? this.lastNs - now : 0n;
    if (now > this.lastNs) this.lastNs = now;
    return this.lastNs;
  }

  /** Records the time of an event in the journal. */
  observe(timestampNs: bigint): void {
    if (timestampNs > this.lastNs) this.lastNs = timestampNs;
  }
}

/**
 * Creates the default wall clock: `Date.now()`, refined within its millisecond by the monotonic clock. It
 * never drifts more than a millisecond from `Date.now()`.
 */
export function systemClock(): WallClock {
  let anchorMs = 0;
  let anchorNs = 0n;
  let anchoredAtMs = 0;
  return () => {
    const nowMs = Date.now();
    const monotonic = monotonicMs();
    if (nowMs !== anchorMs) {
      anchorMs = nowMs;
      anchorNs = BigInt(nowMs) * BigInt(NS_PER_MS);
      anchoredAtMs = monotonic;
    }
    // A number: bigint arithmetic would allocate an object for each step.
    const sinceAnchorNs = Math.floor((monotonic - anchoredAtMs) * NS_PER_MS);
    return anchorNs + BigInt(Math.min(sinceAnchorNs, NS_PER_MS - 1));
  };
}
