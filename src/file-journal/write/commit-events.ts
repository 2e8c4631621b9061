/** What the loop of group commit reports, and the options that it follows. */
import type { Durability } from '../../journal/index.js';
import type { WritePosition } from '../segment/write-position.js';
import type { SyncEvents } from './sync-runner.js';

/** A group, or the part of it that one step stored. */
export interface StoredStep {
  readonly entries: number;
  readonly sizeBytes: number;
  readonly firstSequence: bigint;
  readonly lastSequence: bigint;
  readonly durationMs: number;
  readonly rotated: boolean;
}

/** What the journal learns from the loop; called synchronously, in order. */
export interface CommitEvents extends SyncEvents {
  /** Entries `first` … `last` are written, up to `position`; in `sync` durability they are durable. */
  onStored(first: bigint, last: bigint, position: WritePosition): void;
  /** How long a step took; called after `onStored`, only while telemetry has a subscriber. */
  onMeasured(step: StoredStep): void;
  /**
   * Staged entries were dropped. The next append follows `last`, or the last stored entry if that is null.
   */
  onRefused(last: bigint | null): void;
  /** An entry larger than `maxUnsyncedBytes` is written when this resolves. */
  beforeLargeWrite(sequence: bigint, sizeBytes: number): Promise<void>;
}

export interface CommitOptions {
  readonly durability: Durability;
  readonly maxUnsyncedBytes: number;
  readonly syncIntervalMs: number;
  /** Where a single append is synced. */
  readonly syncOn: 'thread-pool' | 'event-loop';
}
