import { loadOptionalPeer } from '../../common/index.js';
import { type ObservedJournals } from '../index.js';
import { traceJournals } from './journal-spans.js';
import { createInstruments } from './metric-instruments.js';
import { resolveSpans, type OpenTelemetryOptions } from './opentelemetry-options.js';

const SCOPE = 'nestjs-file-journal';

/**
 * Records metrics of journals, and spans on request, through the OpenTelemetry API. Counters and histograms
 * begin with `start`; gauges are read at each collection.
 * @publicApi
 */
export class OpenTelemetryInstrumentation {
  private constructor(private readonly ends: (() => void)[]) {}

  /**
   * Starts recording.
   * @throws (rejects) MissingPeerError (`JOURNAL_MISSING_PEER`) without @opentelemetry/api
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  static async start(
    journals: ObservedJournals,
    options: OpenTelemetryOptions = {},
  ): Promise<OpenTelemetryInstrumentation> {
    const spans = resolveSpans(options);
    const api = await loadOptionalPeer(
      '@opentelemetry/api',
      'nestjs-file-journal/opentelemetry',
      () => import('@opentelemetry/api'),
    );
    const ends: (() => void)[] = [];
    if (options.metrics !== false) {
      const meter = (options.meterProvider ?? api.metrics).getMeter(SCOPE);
      ends.push(createInstruments(meter, journals));
    }
    if (spans.submit || spans.groups || spans.replay) {
      const tracer = (options.tracerProvider ?? api.trace).getTracer(SCOPE);
      ends.push(traceJournals(tracer, journals, spans));
    }
    const instrumentation = new OpenTelemetryInstrumentation(ends);
    journals.onClosed?.(() => instrumentation.stop());
    return instrumentation;
  }

  /** Stops recording. Idempotent. */
  stop(): void {
    for (const end of this.ends.splice(0)) end();
  }
}
