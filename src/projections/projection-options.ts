import { InvalidOptionError } from '../journal/index.js';
import { assertFileName, assertOptions, rejectUnknownOptions, type OptionNames } from '../common/index.js';
import type {
  ProjectionMetadata,
  ProjectionOptions,
  ProjectionRetryOptions,
} from './projection.decorator.js';

/** Longest delay of a timer in Node.js. */
const MAX_DELAY_MS = 2 ** 31 - 1;
const MAX_BATCH_SIZE = 1_000_000;
const DEFAULT_BATCH_SIZE = 256;
const DEFAULT_CHECKPOINT_INTERVAL_MS = 1_000;
const DEFAULT_RETRY = { maxRetries: 10, initialDelayMs: 100, maxDelayMs: 30_000 };

const PROJECTION_OPTIONS: OptionNames<ProjectionOptions> = {
  aliases: true,
  journal: true,
  startFrom: true,
  checkpointStore: true,
  batchSize: true,
  batchWaitMs: true,
  checkpointIntervalMs: true,
  retry: true,
};
const RETRY_OPTIONS: OptionNames<ProjectionRetryOptions> = {
  maxRetries: true,
  initialDelayMs: true,
  maxDelayMs: true,
};

/** Options of a projection, with their defaults. */
export interface ResolvedProjectionOptions {
  readonly aliases: readonly string[];
  readonly startFrom: 'beginning' | 'end';
  readonly batchSize: number;
  readonly batchWaitMs: number;
  readonly checkpointIntervalMs: number;
  readonly retry: Required<ProjectionRetryOptions>;
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the projection and the option */
export function resolveProjectionOptions(
  { kind, name, options }: ProjectionMetadata,
  moduleRetry: ProjectionRetryOptions = {},
): ResolvedProjectionOptions {
  assertFileName('projection name', name);
  assertOptions(options, PROJECTION_OPTIONS, ` of projection ${name}`);
  const isManager = kind === 'process-manager';
  const {
    aliases = [],
    startFrom = isManager ? 'end' : 'beginning',
    batchSize = DEFAULT_BATCH_SIZE,
    batchWaitMs = 0,
    checkpointIntervalMs = isManager ? 0 : DEFAULT_CHECKPOINT_INTERVAL_MS,
  } = options;
  const of = (option: string): string => `${option} of projection ${name}`;
  if (!Array.isArray(aliases) || !aliases.every((alias) => typeof alias === 'string' && alias !== ''))
    throw new InvalidOptionError(of('aliases'), aliases, 'an array of non-empty strings');
  if (startFrom !== 'beginning' && startFrom !== 'end')
    throw new InvalidOptionError(of('startFrom'), startFrom, "'beginning' or 'end'");
  assertInteger(of('batchSize'), batchSize, 1, MAX_BATCH_SIZE);
  assertInteger(of('batchWaitMs'), batchWaitMs, 0, MAX_DELAY_MS);
  assertInteger(of('checkpointIntervalMs'), checkpointIntervalMs, 0, MAX_DELAY_MS);
  if (options.retry !== undefined) assertObject(of('retry'), options.retry);
  const retry = { ...DEFAULT_RETRY, ...moduleRetry, ...options.retry };
  validateRetryOptions(retry, of('retry'));
  return { aliases, startFrom, batchSize, batchWaitMs, checkpointIntervalMs, retry };
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option below `prefix` */
export function validateRetryOptions(retry: ProjectionRetryOptions, prefix: string): void {
  assertObject(prefix, retry);
  rejectUnknownOptions(retry, Object.keys(RETRY_OPTIONS), `${prefix}.`);
  const { maxRetries, initialDelayMs, maxDelayMs } = { ...DEFAULT_RETRY, ...retry };
  assertInteger(`${prefix}.maxRetries`, maxRetries, 0, Number.MAX_SAFE_INTEGER);
  assertInteger(`${prefix}.initialDelayMs`, initialDelayMs, 0, MAX_DELAY_MS);
  assertInteger(`${prefix}.maxDelayMs`, maxDelayMs, 0, MAX_DELAY_MS);
}

function assertObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidOptionError(name, value, 'an object');
}

function assertInteger(name: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new InvalidOptionError(name, value, `an integer of ${min} … ${max}`);
}
