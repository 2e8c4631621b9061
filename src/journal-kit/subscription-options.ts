import { assertSignal } from '../common/index.js';
import { InvalidArgumentError } from '../journal/index.js';
import { toU64 } from '../journal/index.js';
import type { NextBatchOptions, SubscribeOptions } from '../journal/index.js';
import { assertCallOptions, type OptionNames } from '../common/index.js';

const DEFAULT_BATCH_SIZE = 1_024;
const MAX_BATCH_SIZE = 1_000_000;
const DEFAULT_POLL_INTERVAL_MS = 50;
/** The longest delay of a timer in Node.js. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const SUBSCRIBE_OPTIONS: OptionNames<SubscribeOptions> = {
  from: true,
  signal: true,
  batchSize: true,
  durable: true,
  startAtFirstAvailable: true,
  pollIntervalMs: true,
};
const NEXT_BATCH_OPTIONS: OptionNames<NextBatchOptions> = {
  maxEntries: true,
  lingerMs: true,
  timeoutMs: true,
};

export interface ResolvedSubscribeOptions {
  readonly from: bigint | 'beginning' | 'end';
  readonly signal: AbortSignal | undefined;
  readonly batchSize: number;
  readonly durable: boolean;
  readonly startAtFirstAvailable: boolean;
  readonly pollIntervalMs: number;
}

/**
 * Checks the options and sets the defaults.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option
 */
export function resolveSubscribeOptions(options: SubscribeOptions): ResolvedSubscribeOptions {
  assertCallOptions(options, SUBSCRIBE_OPTIONS);
  const { from = 'beginning', signal, batchSize = DEFAULT_BATCH_SIZE } = options;
  const { durable = false, startAtFirstAvailable = false } = options;
  const { pollIntervalMs = DEFAULT_POLL_INTERVAL_MS } = options;
  assertSignal(signal);
  assertInteger('batchSize', batchSize, 1, MAX_BATCH_SIZE);
  assertBoolean('durable', durable);
  assertBoolean('startAtFirstAvailable', startAtFirstAvailable);
  assertInteger('pollIntervalMs', pollIntervalMs, 1, MAX_DELAY_MS);
  return {
    from: from === 'beginning' || from === 'end' ? from : toU64('from', from),
    signal,
    batchSize,
    durable,
    startAtFirstAvailable,
    pollIntervalMs,
  };
}

/**
 * Checks the options and sets the defaults.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option
 */
export function resolveNextBatchOptions(
  options: NextBatchOptions,
  batchSize: number,
): Required<NextBatchOptions> {
  assertCallOptions(options, NEXT_BATCH_OPTIONS);
  const { maxEntries = batchSize, lingerMs = 0, timeoutMs = Infinity } = options;
  assertInteger('maxEntries', maxEntries, 1, MAX_BATCH_SIZE);
  assertInteger('lingerMs', lingerMs, 0, MAX_DELAY_MS);
  if (timeoutMs !== Infinity) assertInteger('timeoutMs', timeoutMs, 0, MAX_DELAY_MS);
  return { maxEntries, lingerMs, timeoutMs };
}

function assertInteger(name: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new InvalidArgumentError(name, value, `an integer of ${min} … ${max}`);
}

function assertBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new InvalidArgumentError(name, value, 'a boolean');
}
