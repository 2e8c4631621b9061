import type { Journal } from '../journal/index.js';
import type { ScheduledAggregate, SnapshotPolicy } from './snapshot-policy.js';

/** Decides when the next snapshot of one aggregate is due, and owns the state for this decision. */
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

  /** @param restoredFrom the snapshot that the aggregate was restored from; a newer snapshot replaces it */
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
   * Handles the end of an interval of `everyMs`. After a failure, a snapshot is due even without newer
   * entries.
   */
  checkInterval(): boolean {
    this.due ||= this.hasFailed || this.entriesSince() > 0;
    return this.due;
  }

  /** Records that a snapshot was taken, or is attempted, at `sequence`. */
  begin(sequence: bigint | null): void {
    this.sequence = sequence;
    this.bytes = this.appendedBytes;
    this.due = false;
    this.hasFailed = false;
  }

  /** Records that the latest attempt has failed. */
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
