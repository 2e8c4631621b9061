import type { Journal } from '../../journal/index.js';
import { ArmedFaults, outOfSpace, type WriteFailure } from './armed-faults.js';
import { FaultInjectingJournal } from './fault-injecting-journal.js';

/**
 * Faults of a journal under test, armed and disarmed at will, without timers. They outlive a restart: the
 * journal that `wrap` gets next has the same faults.
 *
 * @example
 * const faults = new JournalFaults();
 * const journal = faults.wrap(await InMemoryJournal.open());
 * faults.diskFull();
 * await journal.append(event); // rejects with IoError (ENOSPC), outcome 'not-written'
 * faults.freeDisk();
 * @publicApi
 */
export class JournalFaults {
  private readonly armed = new ArmedFaults();

  /** Adds the faults to a journal. Bound, for the option `wrap` of `FileJournalModule.forTesting`. */
  readonly wrap = <TCommand, TResult>(journal: Journal<TCommand, TResult>): Journal<TCommand, TResult> =>
    new FaultInjectingJournal(journal, this.armed);

  /**
   * Refuses the next appends before anything is written: their `outcome` is `not-written`. The journal
   * continues afterwards.
   * @param error makes the error of each.
   * @default IoError (`JOURNAL_IO`): fallocate, ENOSPC
   */
  refuseNextAppends(count: number, error: () => unknown = outOfSpace): void {
    for (let index = 0; index < count; index += 1) this.armed.refuseNext(error());
  }

  /** Refuses every append as a full disk does (IoError, ENOSPC, `not-written`), until `freeDisk`. */
  diskFull(): void {
    this.armed.setDiskFull(true);
  }

  /** Ends `diskFull`. */
  freeDisk(): void {
    this.armed.setDiskFull(false);
  }

  /**
   * Fails the write of the next append after it has begun: the append rejects with JournalPoisonedError and
   * `outcome: 'unknown'`, and the journal is poisoned.
   */
  failNextWrite(failure: WriteFailure = {}): void {
    this.armed.failNext(failure);
  }

  /** As `failNextWrite`, for the append of this sequence. */
  poisonAt(sequence: bigint | number, failure: WriteFailure = {}): void {
    this.armed.failAt(BigInt(sequence), failure);
  }

  /**
   * Corrupts the checksum of this entry for readers: they get CorruptEntryError, or what `onCorrupt` says.
   */
  corruptEntry(sequence: bigint | number): void {
    this.armed.corruptAt(BigInt(sequence));
  }

  /**
   * Stops the disk: appends take their sequences and wait until `release`; so do `flush` and `close`. Events
   * are encoded when they are released.
   */
  hold(): void {
    this.armed.hold();
  }

  /** Ends `hold`. */
  release(): void {
    this.armed.release();
  }

  /** Disarms all faults and releases held appends. */
  reset(): void {
    this.armed.reset();
  }
}
