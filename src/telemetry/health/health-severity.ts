import { choiceOption, type Option } from '../../common/index.js';
import type { HealthReasonCode } from './health-reason.js';

/** How much a reason counts for the status. @publicApi */
export type HealthSeverity = 'ignore' | 'degraded' | 'down';

/** Severities for readiness, unless the options say otherwise. */
export const READINESS_SEVERITIES: Readonly<Record<HealthReasonCode, Option<HealthSeverity>>> = {
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
export const LIVENESS_SEVERITIES: Record<HealthReasonCode, HealthSeverity> = {
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

function severity(byDefault: HealthSeverity): Option<HealthSeverity> {
  return choiceOption<HealthSeverity>(['ignore', 'degraded', 'down'], byDefault);
}
