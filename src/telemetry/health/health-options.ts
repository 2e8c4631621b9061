import { InvalidOptionError } from '../../journal/index.js';
import { assertOptions, rejectUnknownOptions, type OptionNames } from '../../common/index.js';
import type { HealthReasonCode } from './health-reason.js';

/** How much a reason counts for the status. @publicApi */
export type HealthSeverity = 'ignore' | 'degraded' | 'down';

/** Limits and severities of the health checks of a journal. @publicApi */
export interface JournalHealthOptions {
  /**
   * Fewer free bytes are `disk-full`. Without space for the next segment, a journal refuses appends once the
   * current segment is full.
   * @default segmentSizeBytes of the journal
   */
  readonly minFreeBytes?: number;
  /**
   * A smaller free share of the file system, 0 … 1, is `disk-full` as well. A share says little about when
   * the space runs out, so it is off by default.
   * @default 0
   */
  readonly minFreeFraction?: number;
  /**
   * Fewer free bytes are `disk-low`.
   * @default 4 × segmentSizeBytes of the journal: time to archive, or to add space
   */
  readonly lowFreeBytes?: number;
  /** A projection with more unhandled entries is `lagging`. @default 10_000 */
  readonly maxLagEntries?: number;
  /** Severity of each reason. @default `down`: poisoned, closed, stopped, disk-full; all others `degraded` */
  readonly severity?: Partial<Record<HealthReasonCode, HealthSeverity>>;
}

export interface ResolvedHealthOptions {
  /** Null: derived from the journal's segment size. */
  readonly minFreeBytes: number | null;
  readonly minFreeFraction: number;
  readonly lowFreeBytes: number | null;
  readonly maxLagEntries: bigint;
  readonly severity: Record<HealthReasonCode, HealthSeverity>;
}

const DEFAULT_MAX_LAG_ENTRIES = 10_000;

const DEFAULT_SEVERITY: Record<HealthReasonCode, HealthSeverity> = {
  poisoned: 'down',
  closed: 'down',
  stopped: 'down',
  'disk-full': 'down',
  'disk-low': 'degraded',
  'storage-unreadable': 'degraded',
  replaying: 'degraded',
  lagging: 'degraded',
  'projection-stopped': 'degraded',
  'clock-skewed': 'degraded',
};

/** Severities for liveness: `down` for what a restart fixes, `ignore` for the rest. */
export const LIVENESS_SEVERITY: Record<HealthReasonCode, HealthSeverity> = {
  poisoned: 'down',
  stopped: 'down',
  closed: 'down',
  'disk-full': 'ignore',
  'disk-low': 'ignore',
  'storage-unreadable': 'ignore',
  replaying: 'ignore',
  lagging: 'ignore',
  'projection-stopped': 'ignore',
  'clock-skewed': 'ignore',
};

export const KNOWN_HEALTH_OPTIONS: OptionNames<JournalHealthOptions> = {
  minFreeBytes: true,
  minFreeFraction: true,
  lowFreeBytes: true,
  maxLagEntries: true,
  severity: true,
};

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveHealthOptions(options: JournalHealthOptions): ResolvedHealthOptions {
  assertOptions(options, KNOWN_HEALTH_OPTIONS);
  const { severity = {}, minFreeFraction = 0 } = options;
  if (typeof minFreeFraction !== 'number' || !(minFreeFraction >= 0 && minFreeFraction <= 1)) {
    throw new InvalidOptionError('minFreeFraction', minFreeFraction, 'a number of 0 … 1');
  }
  if (typeof severity !== 'object' || severity === null) {
    throw new InvalidOptionError('severity', severity, 'an object');
  }
  rejectUnknownOptions(severity, Object.keys(DEFAULT_SEVERITY), 'severity.');
  for (const [code, value] of Object.entries(severity)) {
    if (value === undefined || ['ignore', 'degraded', 'down'].includes(value)) continue;
    throw new InvalidOptionError(`severity.${code}`, value, "'ignore', 'degraded' or 'down'");
  }
  return {
    minFreeBytes: count('minFreeBytes', options.minFreeBytes) ?? null,
    minFreeFraction,
    lowFreeBytes: count('lowFreeBytes', options.lowFreeBytes) ?? null,
    maxLagEntries: BigInt(count('maxLagEntries', options.maxLagEntries) ?? DEFAULT_MAX_LAG_ENTRIES),
    severity: { ...DEFAULT_SEVERITY, ...definedOnly(severity) },
  };
}

function count(name: string, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidOptionError(name, value, 'an integer of 0 … 2^53 - 1');
  }
  return value;
}

function definedOnly<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
