import type { Journal } from '../journal/index.js';
import { POLICY_OPTIONS, type AggregateSnapshotOptions, type SnapshotPolicy } from './snapshot-options.js';

/** Snapshot options of one aggregate; `manual`: only `SnapshotManager.take()` takes its snapshots. */
type OwnSnapshotOptions = AggregateSnapshotOptions | 'manual';

/** An aggregate as the policies see it. */
export interface SnapshottedAggregate {
  readonly name: string;
  /** Undefined: the options of the journal apply. */
  readonly snapshots: AggregateSnapshotOptions | 'manual' | undefined;
}

/** A target of snapshots with conditions. */
export interface ScheduledAggregate {
  readonly name: string;
  readonly policy: SnapshotPolicy;
}

/** The snapshot policy of each aggregate: its own options, or else those of the journal. */
export class SnapshotPolicies {
  private readonly own: ReadonlyMap<string, OwnSnapshotOptions>;

  constructor(
    /** Options of the journal. */
    private readonly journalOptions: AggregateSnapshotOptions,
    aggregates: readonly SnapshottedAggregate[],
  ) {
    this.own = new Map(
      aggregates.flatMap(({ name, snapshots }) => (snapshots === undefined ? [] : [[name, snapshots]])),
    );
  }

  /** Number of snapshots to keep of a target; undefined: the store decides. */
  keepOf(target: string): number | undefined {
    const own = this.own.get(target);
    return (own === 'manual' ? undefined : own?.keep) ?? this.journalOptions.keep;
  }

  /** Selects the targets whose policy has a condition. */
  scheduled(targets: readonly { readonly name: string }[]): ScheduledAggregate[] {
    return targets.flatMap(({ name }) => {
      const policy = this.own.get(name) ?? this.journalOptions;
      return policy !== 'manual' && hasCondition(policy) ? [{ name, policy }] : [];
    });
  }
}

function hasCondition(policy: SnapshotPolicy): boolean {
  return Object.keys(POLICY_OPTIONS).some((name) => policy[name as keyof SnapshotPolicy] !== undefined);
}

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

  /**
   * Checks the conditions on entries and bytes. It makes only a few comparisons, because it is called within
   * an append.
   */
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
