/** `nestjs-file-journal/prometheus`: the metrics of journals, for prom-client. */
export { FileJournalPrometheusModule } from './file-journal-prometheus.module.js';
export { PrometheusMetrics } from './prometheus-metrics.js';
export type { PrometheusOptions } from './prometheus-options.js';
export { MissingPeerError } from '../../common/index.js';
export type { LagReading, LagSource, ObservedJournal, ObservedJournals } from '../index.js';
