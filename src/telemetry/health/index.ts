/**
 * `nestjs-file-journal/terminus`: the health of journals. `journalHealth` needs no framework; the module and
 * its indicator are for @nestjs/terminus.
 */
export { FileJournalHealthModule } from './file-journal-health.module.js';
export {
  JournalHealthIndicator,
  type HealthSession,
  type JournalCheckOptions,
} from './journal-health.indicator.js';
export type { JournalHealthOptions } from './health-options.js';
export type { HealthSeverity } from './health-severity.js';
export type { HealthReason, HealthReasonCode } from './health-reason.js';
export { journalHealth, type JournalHealth } from './journal-health.js';
export { MissingPeerError } from '../../common/index.js';
export type {
  CommandStatus,
  JournalStatus,
  LagReading,
  LagSource,
  ObservedJournal,
  StorageUsage,
} from '../index.js';
