import { InvalidArgumentError, toU64 } from '../journal/index.js';
import { assertCallOptions, type OptionNames } from '../common/index.js';

const DEFAULT_START_NS = 1_704_067_200_000_000_000n;
const OPTIONS: OptionNames<TestClockOptions> = { startNs: true, tickNs: true };
const NS_PER_MS = 1_000_000n;

/** Where a {@link TestClock} begins. */
export interface TestClockOptions {
  /** Nanoseconds since the Unix epoch. @default 1_704_067_200_000_000_000n, 2024-01-01T00:00:00Z */
  readonly startNs?: bigint;
  /** How far it moves with every reading; 0n: only when told. @default 0n */
  readonly tickNs?: bigint;
}

/**
 * A wall clock that stands still until it is told to move: the option `clock` of `FileJournalModule`. Events never go back in time:
 * after a step back they keep the last time, and beyond a second the Sequencer reports `isClockSkewed`, health is degraded.
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
    assertCallOptions(options, OPTIONS);
    const { startNs = DEFAULT_START_NS, tickNs = 0n } = options;
    this.timeNs = toU64('startNs', startNs);
    this.tickNs = toU64('tickNs', tickNs);
  }

  /** Reads the clock: nanoseconds since the Unix epoch. Bound, to be handed on as it is. */
  readonly now = (): bigint => {
    const readNs = this.timeNs;
    this.timeNs = toU64('clock', this.timeNs + this.tickNs);
    return readNs;
  };

  /** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for a negative duration, and beyond 2^64 - 1 */
  advance(durationNs: bigint): void {
    this.timeNs = toU64('durationNs', this.timeNs + toU64('durationNs', durationNs));
  }

  /** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for anything but a whole number of 0 or more */
  advanceMs(durationMs: number): void {
    this.advance(toU64('durationMs', durationMs) * NS_PER_MS);
  }

  /** Sets the clock back, as a correction by NTP or an operator does. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
  stepBack(durationNs: bigint): void {
    if (durationNs > this.timeNs)
      throw new InvalidArgumentError('durationNs', durationNs, `at most ${this.timeNs}n`);
    this.timeNs -= toU64('durationNs', durationNs);
  }

  /** Sets the clock, forwards or back. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
  set(timeNs: bigint): void {
    this.timeNs = toU64('timeNs', timeNs);
  }
}
