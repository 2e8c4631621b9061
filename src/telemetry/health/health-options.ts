import {
  integerOption,
  option,
  resolveOnly,
  resolveOptionTable,
  tableOption,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../../common/index.js';
import type { HealthReasonCode } from './health-reason.js';
import { READINESS_SEVERITIES, type HealthSeverity } from './health-severity.js';

// A new option is one property of HEALTH_OPTIONS.
export const HEALTH_OPTIONS = {
  /**
   * Fewer free bytes are `disk-full`. Without space for the next segment, a journal refuses appends once the
   * current segment is full.
   * @default segmentSizeBytes of the journal
   */
  minFreeBytes: integerOption(0, Number.MAX_SAFE_INTEGER),
  /**
   * A smaller free share of the file system, 0 … 1, is `disk-full` as well. A share says little about when
   * the space runs out, so it is off by default.
   * @default 0
   */
  minFreeFraction: option('a number of 0 … 1', isFraction, 0),
  /**
   * Fewer free bytes are `disk-low`.
   * @default 4 × segmentSizeBytes of the journal: time to archive, or to add space
   */
  lowFreeBytes: integerOption(0, Number.MAX_SAFE_INTEGER),
  /** A projection with more unhandled entries is `lagging`. @default 10_000 */
  maxLagEntries: integerOption(0, Number.MAX_SAFE_INTEGER, 10_000),
  /** Severity of each reason. @default `down`: poisoned, closed, stopped, disk-full; all others `degraded` */
  severity: tableOption<Partial<Record<HealthReasonCode, HealthSeverity>>>(READINESS_SEVERITIES),
};

/** Limits and severities of the health checks of a journal. @publicApi */
export interface JournalHealthOptions extends OptionsOf<typeof HEALTH_OPTIONS> {}

export interface ResolvedHealthOptions extends Omit<ResolvedOptionsOf<typeof HEALTH_OPTIONS>, 'severity'> {
  readonly severity: Readonly<Record<HealthReasonCode, HealthSeverity>>;
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveHealthOptions(options: JournalHealthOptions): ResolvedHealthOptions {
  const resolved = resolveOnly(HEALTH_OPTIONS, options);
  return { ...resolved, severity: resolveOptionTable(READINESS_SEVERITIES, resolved.severity ?? {}) };
}

function isFraction(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
