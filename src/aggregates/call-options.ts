import { InvalidArgumentError } from '../journal/index.js';
import { assertCallOptions, type OptionNames } from '../common/index.js';
import type { SaveOptions, UpdateOptions } from './aggregate-repository.interface.js';

const MAX_ATTEMPTS = 100;
const SAVE_OPTIONS: OptionNames<SaveOptions> = { expectedVersion: true, expectedSequence: true };
const UPDATE_OPTIONS: OptionNames<UpdateOptions> = { attempts: true, createIfAbsent: true };

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option */
export function assertSaveOptions(options: SaveOptions): void {
  assertCallOptions(options, SAVE_OPTIONS);
  const { expectedVersion: version, expectedSequence: sequence } = options;
  if (version !== undefined && (!Number.isSafeInteger(version) || version < 0))
    throw new InvalidArgumentError('expectedVersion', version, 'an integer of 0 or more');
  // A number would never equal the stored sequence, which is a bigint.
  if (sequence !== undefined && sequence !== null && typeof sequence !== 'bigint')
    throw new InvalidArgumentError('expectedSequence', sequence, 'a bigint or null');
}

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option */
export function assertUpdateOptions(options: UpdateOptions): void {
  assertCallOptions(options, UPDATE_OPTIONS);
  const { attempts, createIfAbsent } = options;
  if (attempts !== undefined && (!Number.isSafeInteger(attempts) || attempts < 1 || attempts > MAX_ATTEMPTS))
    throw new InvalidArgumentError('attempts', attempts, `an integer of 1 … ${MAX_ATTEMPTS}`);
  if (createIfAbsent !== undefined && typeof createIfAbsent !== 'boolean')
    throw new InvalidArgumentError('createIfAbsent', createIfAbsent, 'a boolean');
}

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for a value that is not an aggregate root */
export function assertAggregate(aggregate: unknown): void {
  const { getUncommittedEvents } = (aggregate ?? {}) as { getUncommittedEvents?: unknown };
  if (typeof getUncommittedEvents !== 'function')
    throw new InvalidArgumentError('aggregate', aggregate, 'an aggregate root');
}

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for anything but ids of aggregates */
export function assertIds(ids: unknown): void {
  if (!Array.isArray(ids)) throw new InvalidArgumentError('ids', ids, 'a list of ids');
  for (const id of ids as unknown[]) assertId(id);
}

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
export function assertId(id: unknown): void {
  if (typeof id !== 'string') throw new InvalidArgumentError('id', id, 'a string');
}
