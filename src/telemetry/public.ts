/**
 * `nestjs-file-journal/telemetry`: the messages of journals on `node:diagnostics_channel`, for tools beside
 * Prometheus and OpenTelemetry.
 */
export { TELEMETRY_CHANNELS, listenToTelemetry } from './channels.js';
export type { TelemetryEvent, TelemetryListeners, TelemetryMessages } from './channels.js';
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
export type { StorageUsage } from './storage-usage.js';
