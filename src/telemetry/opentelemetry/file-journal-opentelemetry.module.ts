import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { OBSERVED_JOURNALS, type ObservedJournals } from '../index.js';
import { OpenTelemetryInstrumentation } from './opentelemetry-instrumentation.js';
import { resolveSpans, type OpenTelemetryOptions } from './opentelemetry-options.js';

/**
 * Instruments all journals of the application until it has shut down. Import it beside
 * `FileJournalModule.forRoot()`. The application registers the SDK and its exporters before it boots.
 * @publicApi
 */
@Module({})
export class FileJournalOpenTelemetryModule implements OnApplicationShutdown {
  constructor(
    @Inject(OpenTelemetryInstrumentation) private readonly instrumentation: OpenTelemetryInstrumentation,
  ) {}

  /**
   * Records metrics and spans of every journal of the application.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   * @throws MissingPeerError (`JOURNAL_MISSING_PEER`) at boot
   */
  static forRoot(options: OpenTelemetryOptions = {}): DynamicModule {
    resolveSpans(options);
    const instrumentation = {
      provide: OpenTelemetryInstrumentation,
      inject: [OBSERVED_JOURNALS],
      useFactory: (journals: ObservedJournals) => OpenTelemetryInstrumentation.start(journals, options),
    };
    return {
      module: FileJournalOpenTelemetryModule,
      providers: [instrumentation],
      exports: [OpenTelemetryInstrumentation],
    };
  }

  /** Stops recording. */
  onApplicationShutdown(): void {
    this.instrumentation.stop();
  }
}
