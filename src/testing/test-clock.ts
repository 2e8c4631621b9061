import { InvalidArgumentError, toU64 } from '../journal/index.js';
import { resolveCallOptions, type Option, type OptionsOf } from '../common/index.js';

const DEFAULT_START_NS = 1_704_067_200_000_000_000n;
const NS_PER_MS = 1_000_000n;

const OPTIONS = {
  /**
   * First time, in nanoseconds since the Unix epoch.
   * @default 1_704_067_200_000_000_000n, 2024-01-01T00:00:00Z
   */
  startNs: u64Option(DEFAULT_START_NS),
  /** Step after each reading, in nanoseconds. @default 0n: the clock moves only on request */
  tickNs: u64Option(0n),
};

/**
 * Options of {@link TestClock}.
 * @publicApi
 */
export interface TestClockOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * A wall clock that moves only on request, for the option `clock` of `FileJournalModule`. Events never go
 * back in time: after a step back they keep the last time. After a step of more than a second, the Sequencer
 * reports `isClockSkewed`, and health is degraded.
 *
 * @example
 * const clock = new TestClock();
 * FileJournalModule.forTesting({ clock: clock.now });
 * clock.advanceMs(5);
 * @publicApi
 */
export class TestClock {
  private timeNs: bigint;
  private readonly tickNs: bigint;

  /** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
  constructor(options: TestClockOptions = {}) {
    const { startNs, tickNs } = resolveCallOptions(OPTIONS, options);
    this.timeNs = startNs;
    this.tickNs = tickNs;
  }

  /** Reads the clock, in nanoseconds since the Unix epoch. Bound, so that it can be passed as a function. */
  readonly now = (): bigint => {
    const readNs = this.timeNs;
    this.timeNs = toU64('clock', this.timeNs + this.tickNs);
    return readNs;
  };

  /**
   * Moves the clock forwards.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for a negative duration, and beyond 2^64 - 1
   */
  advance(durationNs: bigint): void {
    this.timeNs = toU64('durationNs', this.timeNs + toU64('durationNs', durationNs));
  }

  /**
   * Moves the clock forwards.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) unless it is an integer of 0 or more
   */
  advanceMs(durationMs: number): void {
    this.advance(toU64('durationMs', durationMs) * NS_PER_MS);
  }

  /**
   * Moves the clock back, like a correction by NTP or an operator.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   */
  stepBack(durationNs: bigint): void {
    if (durationNs > this.timeNs)
      throw new InvalidArgumentError('durationNs', durationNs, `at most ${this.timeNs}n`);
    this.timeNs -= toU64('durationNs', durationNs);
  }

  /**
   * Sets the clock, forwards or back.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   */
  set(timeNs: bigint): void {
    this.timeNs = toU64('timeNs', timeNs);
  }
}

/** Defines an option for a time; its error is that of an argument. */
function u64Option(defaultValue: bigint): Option<bigint> {
  return { defaultValue, check: (name, value) => toU64(name, value as bigint) };
}
