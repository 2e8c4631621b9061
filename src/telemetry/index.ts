/**
 * Observation of journals: messages on diagnostics channels, published at each event (channels, messages),
 * and the status, read on request (journal-status). Health, metrics and logs use nothing else.
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
export {
  readStatus,
  type CommandStatus,
  type JournalStatus,
  type ObservedJournal,
} from './journal-status.js';
export { OBSERVED_JOURNALS, type ObservedJournals } from './observed-journals.js';
