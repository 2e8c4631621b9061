import type { Journal } from '../journal/index.js';
import type { SnapshotStore } from './snapshot-store.interface.js';

/**
 * Conditions for automatic snapshots of an aggregate. A snapshot is taken as soon as one of them is met.
 * Without a condition, only `SnapshotManager.take()` takes snapshots. Appends continue meanwhile. No snapshot
 * is taken without newer entries.
 * @publicApi
 */
export interface SnapshotPolicy {
  /**
   * Takes a snapshot after this many entries of the journal since the last one of the aggregate.
   * @default never
   */
  readonly everyEvents?: number;
  /**
   * Interval in milliseconds; a snapshot is taken only if there are newer entries. The timer does not keep
   * the process alive.
   * @default never
   */
  readonly everyMs?: number;
  /**
   * Takes a snapshot after this many bytes of entries, headers included. Only for journals with
   * `appendedBytes`, such as FileJournal.
   * @default never
   */
  readonly everyBytes?: number;
}

/**
 * Storage of snapshots, and the policy of aggregates without snapshot options of their own.
 * @publicApi
 */
export interface SnapshotOptions extends SnapshotPolicy {
  /** Store of the snapshots. @default a FileSnapshotStore in `directory` */
  readonly store?: SnapshotStore;
  /** Directory of the snapshot files. @default the folder `snapshots` in the journal's directory */
  readonly directory?: string;
  /** Intact snapshots kept per aggregate. @default 2 */
  readonly keep?: number;
  /**
   * Calls `SnapshotManager.archiveCovered()` after each snapshot; `archiveCompression` sets the compression.
   * @default false
   */
  readonly archive?: boolean;
}

/**
 * Snapshot policy of one aggregate, and the number of its snapshots to keep.
 * @publicApi
 */
export interface AggregateSnapshotOptions extends SnapshotPolicy {
  /**
   * Intact snapshots kept of this aggregate, 1 … 1,000.
   * @default `snapshots.keep` of the journal, else the store's
   */
  readonly keep?: number;
}

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

export const POLICY_OPTIONS = ['everyEvents', 'everyMs', 'everyBytes'] as const;

/** The snapshot policy of each aggregate: its own options, else those of the journal. */
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
  return POLICY_OPTIONS.some((option) => policy[option] !== undefined);
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
