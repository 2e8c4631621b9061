import type { Journal } from '../journal/index.js';
import type { ScheduledAggregate, SnapshotPolicy } from './snapshot-policy.js';

/** Decides when the next snapshot of one aggregate is due. Owns what the decision needs. */
export class SnapshotSchedule {
  readonly name: string;
  readonly policy: SnapshotPolicy;
  /** Sequence of the last snapshot, or of the last attempt; null before the first. */
  private sequence: bigint | null = null;
  /** `appendedBytes` at that sequence; below zero for entries of an earlier process. */
  private bytes = 0;
  private hasFailed = false;
  private due = false;

  constructor(
    { name, policy }: ScheduledAggregate,
    private readonly journal: Pick<Journal, 'lastSequence' | 'firstAvailableSequence' | 'appendedBytes'>,
  ) {
    this.name = name;
    this.policy = policy;
  }

  get isDue(): boolean {
    return this.due;
  }

  /** The first entry that no snapshot covers, as far as the schedule knows. */
  get firstUncovered(): bigint {
    return (this.sequence ?? -1n) + 1n;
  }

  /**
   * @param restoredFrom the snapshot that the aggregate was restored from; a snapshot taken since counts
   * instead
   */
  start(restoredFrom: bigint | null): void {
    this.sequence ??= restoredFrom;
    this.bytes = this.appendedBytes;
  }

  /** Counts entries that an earlier process appended after the last snapshot. */
  addStoredBytes(bytes: number): void {
    this.bytes -= bytes;
  }

  /** Checks the conditions on entries and bytes. Called within an append: only a few comparisons. */
  checkEntries(): boolean {
    const { everyEvents = Infinity, everyBytes = Infinity } = this.policy;
    this.due ||=
      (everyEvents !== Infinity && this.entriesSince() >= everyEvents) ||
      (everyBytes !== Infinity && this.appendedBytes - this.bytes >= everyBytes);
    return this.due;
  }

  /**
   * The interval of `everyMs` has passed. After a failure there is something to store even without newer
   * entries.
   */
  checkInterval(): boolean {
    this.due ||= this.hasFailed || this.entriesSince() > 0;
    return this.due;
  }

  /** A snapshot was taken, or is attempted, at `sequence`. */
  begin(sequence: bigint | null): void {
    this.sequence = sequence;
    this.bytes = this.appendedBytes;
    this.due = false;
    this.hasFailed = false;
  }

  /** The attempt that began last has failed. */
  fail(): void {
    this.hasFailed = true;
  }

  private entriesSince(): number {
    const { lastSequence, firstAvailableSequence } = this.journal;
    if (lastSequence === null || firstAvailableSequence === null) return 0;
    return Number(lastSequence - (this.sequence ?? firstAvailableSequence - 1n));
  }

  private get appendedBytes(): number {
    return this.journal.appendedBytes ?? 0;
  }
}
