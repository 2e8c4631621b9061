import { InvalidOptionError } from '../journal/index.js';
import { rejectUnknownOptions } from '../common/index.js';

/**
 * When a snapshot of an aggregate is taken by itself: as soon as one of the conditions holds. None of them: only when
 * `SnapshotManager.take()` is called. Appends go on meanwhile; nothing is taken while nothing has changed.
 * @publicApi
 */
export interface SnapshotPolicy {
  /** After so many entries of the journal since the last snapshot of the aggregate. @default never */
  readonly everyEvents?: number;
  /** So many milliseconds after the last look, where there are newer entries. Its timer keeps no process alive. @default never */
  readonly everyMs?: number;
  /** After so many bytes of entries, headers included. Only for journals with `appendedBytes`, as FileJournal. @default never */
  readonly everyBytes?: number;
}

/** A policy of one aggregate, and how many of its snapshots are kept. */
export interface AggregateSnapshotOptions extends SnapshotPolicy {
  /** Intact snapshots kept of this aggregate, 1 … 1,000. @default `snapshots.keep` of the journal, else the store's */
  readonly keep?: number;
}

export const POLICY_OPTIONS = ['everyEvents', 'everyMs', 'everyBytes'] as const;
const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_KEEP = 1_000;

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option below `name` */
export function validatePolicy(policy: SnapshotPolicy, name: string): void {
  for (const option of POLICY_OPTIONS) {
    const max = option === 'everyMs' ? MAX_TIMER_MS : Number.MAX_SAFE_INTEGER;
    assertInteger(`${name}.${option}`, policy[option], max);
  }
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option below `name` */
export function validateAggregateSnapshots(options: unknown, name: string): void {
  if (options === undefined || options === 'manual') return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(name, options, "'manual' or an object");
  }
  rejectUnknownOptions(options, [...POLICY_OPTIONS, 'keep'], `${name}.`);
  validatePolicy(options, name);
  assertKeep(`${name}.keep`, (options as AggregateSnapshotOptions).keep);
}

/** How many snapshots are kept. @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option `name` */
export function assertKeep(name: string, keep: number | undefined): void {
  assertInteger(name, keep, MAX_KEEP);
}

function assertInteger(name: string, value: number | undefined, max: number): void {
  if (value === undefined) return;
  if (!Number.isSafeInteger(value) || value < 1 || value > max) {
    throw new InvalidOptionError(name, value, `an integer of 1 … ${max}`);
  }
}
