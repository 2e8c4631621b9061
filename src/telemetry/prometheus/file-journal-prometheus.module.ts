import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { OBSERVED_JOURNALS, type ObservedJournals } from '../index.js';
import { PrometheusMetrics } from './prometheus-metrics.js';
import { validatePrometheusOptions, type PrometheusOptions } from './prometheus-options.js';

/**
 * Collects the metrics of all journals of the application with prom-client until it has shut down. Import it
 * beside `FileJournalModule.forRoot()`. The application serves the metrics: `await register.metrics()`.
 * @publicApi
 */
@Module({})
export class FileJournalPrometheusModule implements OnApplicationShutdown {
  constructor(@Inject(PrometheusMetrics) private readonly metrics: PrometheusMetrics) {}

  /**
   * Registers the metrics of every journal of the application.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   * @throws MissingPeerError (`JOURNAL_MISSING_PEER`) at boot
   */
  static forRoot(options: PrometheusOptions = {}): DynamicModule {
    validatePrometheusOptions(options);
    const metrics = {
      provide: PrometheusMetrics,
      inject: [OBSERVED_JOURNALS],
      useFactory: (journals: ObservedJournals) => PrometheusMetrics.start(journals, options),
    };
    return { module: FileJournalPrometheusModule, providers: [metrics], exports: [PrometheusMetrics] };
  }

  /** Removes the metrics from the registry. */
  onApplicationShutdown(): void {
    this.metrics.stop();
  }
}
