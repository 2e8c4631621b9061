/**
 * Observation of journals: messages on diagnostics channels, published as things happen (channels, messages),
 * and vitals, read on request (vitals). Health, metrics and logs use nothing else.
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
