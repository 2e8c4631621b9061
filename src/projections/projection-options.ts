import type { InjectionToken } from '@nestjs/common';
import {
  assertFileName,
  integerOption,
  option,
  overrideOptions,
  resolveOnly,
  resolveOptionTable,
  tableOption,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../common/index.js';
import type { ProjectionKind } from './projection.interface.js';

// A new option is one property of RETRY_OPTIONS or PROJECTION_OPTIONS.

/** Longest delay of a timer in Node.js. */
const MAX_DELAY_MS = 2 ** 31 - 1;
const MAX_BATCH_SIZE = 1_000_000;
const DEFAULT_CHECKPOINT_INTERVAL_MS = 1_000;

const RETRY_OPTIONS = {
  /** Number of retries; after the last one the projection is `failed` until it is resumed. @default 10 */
  maxRetries: integerOption(0, Number.MAX_SAFE_INTEGER, 10),
  /** Delay before the first retry; it doubles with each further one. @default 100 */
  initialDelayMs: integerOption(0, MAX_DELAY_MS, 100),
  /** Longest delay. @default 30_000 */
  maxDelayMs: integerOption(0, MAX_DELAY_MS, 30_000),
};

/** Retries after a handler fails, or after a checkpoint cannot be stored. */
export interface ProjectionRetryOptions extends OptionsOf<typeof RETRY_OPTIONS> {}

export type ResolvedRetryOptions = ResolvedOptionsOf<typeof RETRY_OPTIONS>;

/** The option `retry` of the module and of a projection. */
export const RETRY_OPTION = tableOption<ProjectionRetryOptions>(RETRY_OPTIONS);

/** The kind of the class decides the defaults of `startFrom` and `checkpointIntervalMs`. */
const PROJECTION_OPTIONS = {
  /**
   * Former names. If there is no checkpoint under the current name, the projection continues from the
   * checkpoint under one of these. Entries that it handles again after the rename have idempotency keys that
   * begin with the new name.
   * @default none
   */
  aliases: option('an array of non-empty strings', areNames, []),
  /** Name of the journal that the class follows. @default the default journal */
  journal: option('a string', (value) => typeof value === 'string'),
  /**
   * Where the class starts when it is first registered. A projection handles the entries from there. To a
   * process manager, everything before is history: with 'beginning' it also sends commands for old events.
   * @default 'beginning' for projections, 'end' for process managers
   */
  startFrom: option("'beginning' or 'end'", isStart),
  /** Provider of a CheckpointStore. @default the store of the module: files beside the journal */
  checkpointStore: option('an injection token', isToken),
  /** Entries of one batch, and of one transaction, 1 … 1,000,000. @default 256 */
  batchSize: integerOption(1, MAX_BATCH_SIZE, 256),
  /** How long an incomplete batch waits for more entries. @default 0 */
  batchWaitMs: integerOption(0, MAX_DELAY_MS, 0),
  /**
   * Shortest time between two checkpoints that are not part of a transaction; 0: after every batch. After a
   * crash, the entries since the last checkpoint are handled again. A process manager also stores one after
   * each entry for which it sent commands.
   * @default 1_000, 0 for process managers
   */
  checkpointIntervalMs: integerOption(0, MAX_DELAY_MS),
  /** Retries after an error. @default the option of the module */
  retry: RETRY_OPTION,
};

/**
 * Options of `@Projection()` and `@ProcessManager()`.
 * @publicApi
 */
export interface ProjectionOptions extends OptionsOf<typeof PROJECTION_OPTIONS> {}

/** Options of a projection, with their defaults. */
export interface ResolvedProjectionOptions extends Pick<
  ResolvedOptionsOf<typeof PROJECTION_OPTIONS>,
  'aliases' | 'batchSize' | 'batchWaitMs'
> {
  readonly startFrom: 'beginning' | 'end';
  readonly checkpointIntervalMs: number;
  readonly retry: ResolvedRetryOptions;
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the projection and the option */
export function resolveProjectionOptions(
  kind: ProjectionKind,
  name: string,
  options: ProjectionOptions,
  moduleRetry: ProjectionRetryOptions = {},
): ResolvedProjectionOptions {
  assertFileName('projection name', name);
  const resolved = resolveOnly(PROJECTION_OPTIONS, options, ` of projection ${name}`);
  const isManager = kind === 'process-manager';
  return {
    ...resolved,
    startFrom: resolved.startFrom ?? (isManager ? 'end' : 'beginning'),
    checkpointIntervalMs: resolved.checkpointIntervalMs ?? (isManager ? 0 : DEFAULT_CHECKPOINT_INTERVAL_MS),
    retry: resolveOptionTable(RETRY_OPTIONS, overrideOptions(moduleRetry, resolved.retry ?? {})),
  };
}

function areNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}

function isStart(value: unknown): value is 'beginning' | 'end' {
  return value === 'beginning' || value === 'end';
}

/** Nest accepts any token; a token without a provider fails when the store is looked up. */
function isToken(value: unknown): value is InjectionToken {
  return value !== null;
}
