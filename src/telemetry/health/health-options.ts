import {
  choiceOption,
  integerOption,
  option,
  resolveOnly,
  resolveOptionTable,
  tableOption,
  type Option,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../../common/index.js';
import type { HealthReasonCode } from './health-reason.js';

/** How much a reason counts for the status. @publicApi */
export type HealthSeverity = 'ignore' | 'degraded' | 'down';

/** Severity of each reason for readiness. */
const SEVERITIES: Readonly<Record<HealthReasonCode, Option<HealthSeverity>>> = {
  poisoned: severity('down'),
  closed: severity('down'),
  stopped: severity('down'),
  'disk-full': severity('down'),
  'disk-low': severity('degraded'),
  'storage-unreadable': severity('degraded'),
  replaying: severity('degraded'),
  lagging: severity('degraded'),
  'projection-stopped': severity('degraded'),
  'clock-skewed': severity('degraded'),
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
  severity: tableOption<Partial<Record<HealthReasonCode, HealthSeverity>>>(SEVERITIES),
};

/** Limits and severities of the health checks of a journal. @publicApi */
export interface JournalHealthOptions extends OptionsOf<typeof HEALTH_OPTIONS> {}

export interface ResolvedHealthOptions extends Omit<ResolvedOptionsOf<typeof HEALTH_OPTIONS>, 'severity'> {
  readonly severity: Readonly<Record<HealthReasonCode, HealthSeverity>>;
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveHealthOptions(options: JournalHealthOptions): ResolvedHealthOptions {
  const resolved = resolveOnly(HEALTH_OPTIONS, options);
  return { ...resolved, severity: resolveOptionTable(SEVERITIES, resolved.severity ?? {}) };
}

function severity(byDefault: HealthSeverity): Option<HealthSeverity> {
  return choiceOption<HealthSeverity>(['ignore', 'degraded', 'down'], byDefault);
}

function isFraction(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
