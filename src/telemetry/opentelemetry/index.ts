/** `nestjs-file-journal/opentelemetry`: metrics and spans of journals, through @opentelemetry/api. */
export { FileJournalOpenTelemetryModule } from './file-journal-opentelemetry.module.js';
export { OpenTelemetryInstrumentation } from './opentelemetry-instrumentation.js';
export type { OpenTelemetryOptions, SpanOptions } from './opentelemetry-options.js';
export { MissingPeerError } from '../../common/index.js';
export type { LagReading, LagSource, ObservedJournal, ObservedJournals } from '../index.js';
