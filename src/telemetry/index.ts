/**
 * What a journal says about itself: messages on diagnostics channels, told as things happen (channels,
 * messages), and vitals, looked at when somebody asks (vitals). Health, metrics and logs are made of nothing
 * else.
 */
export {
  TELEMETRY_CHANNELS,
  listenToTelemetry,
  telemetry,
  type TelemetryEvent,
  type TelemetryListeners,
  type TelemetryMessages,
} from './channels.js';
export type {
  AppendSettledMessage,
  ArchivedMessage,
  ClosedMessage,
  GroupStoredMessage,
  OpenedMessage,
  PoisonedMessage,
  ReplayMessage,
  ReplayState,
  RotatedMessage,
  SubmitMessage,
  SyncedMessage,
} from './messages.js';
export type { LagReading, LagSource } from './lag.js';
export { isStoredJournal, type StorageUsage, type StoredJournal } from './storage-usage.js';
export { readVitals, type CommandVitals, type JournalVitals, type ObservedJournal } from './vitals.js';
export { OBSERVED_JOURNALS, type ObservedJournals } from './observed-journals.js';
