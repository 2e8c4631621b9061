import { InvalidOptionError } from '../journal/index.js';
import { rejectUnknownOptions, type OptionNames } from '../common/index.js';
import {
  POLICY_OPTIONS,
  type AggregateSnapshotOptions,
  type SnapshotOptions,
  type SnapshotPolicy,
} from './snapshot-policy.js';

const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_KEEP = 1_000;

const SNAPSHOT_OPTIONS: OptionNames<SnapshotOptions> = {
  store: true,
  directory: true,
  keep: true,
  everyEvents: true,
  everyMs: true,
  everyBytes: true,
  archive: true,
};

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option below `name` */
export function validateSnapshotOptions(options: SnapshotOptions | false | undefined, name: string): void {
  if (options === undefined || options === false) return;
  assertObject(name, options, 'an object');
  rejectUnknownOptions(options, Object.keys(SNAPSHOT_OPTIONS), `${name}.`);
  validatePolicy(options, name);
  const { store, archive, keep } = options;
  assertKeep(`${name}.keep`, keep);
  if (archive !== undefined && typeof archive !== 'boolean') {
    throw new InvalidOptionError(`${name}.archive`, archive, 'a boolean');
  }
  if (store !== undefined && (typeof store?.save !== 'function' || typeof store.load !== 'function')) {
    throw new InvalidOptionError(`${name}.store`, store, 'a SnapshotStore with save() and load()');
  }
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option below `name` */
export function validateAggregateSnapshots(options: unknown, name: string): void {
  if (options === undefined || options === 'manual') return;
  assertObject(name, options, "'manual' or an object");
  rejectUnknownOptions(options, [...POLICY_OPTIONS, 'keep'], `${name}.`);
  validatePolicy(options, name);
  assertKeep(`${name}.keep`, options.keep);
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option `name` */
export function assertKeep(name: string, keep: number | undefined): void {
  assertInteger(name, keep, MAX_KEEP);
}

function validatePolicy(policy: SnapshotPolicy, name: string): void {
  for (const option of POLICY_OPTIONS) {
    const max = option === 'everyMs' ? MAX_TIMER_MS : Number.MAX_SAFE_INTEGER;
    assertInteger(`${name}.${option}`, policy[option], max);
  }
}

function assertObject(
  name: string,
  value: unknown,
  expected: string,
): asserts value is AggregateSnapshotOptions {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new InvalidOptionError(name, value, expected);
}

function assertInteger(name: string, value: number | undefined, max: number): void {
  if (value === undefined) return;
  if (!Number.isSafeInteger(value) || value < 1 || value > max) {
    throw new InvalidOptionError(name, value, `an integer of 1 … ${max}`);
  }
}
