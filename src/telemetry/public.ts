/**
 * `nestjs-file-journal/telemetry`: what a journal publishes on `node:diagnostics_channel`, for tools that the
 * adapters for Prometheus and OpenTelemetry do not cover.
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
