import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { InvalidOptionError } from '../../journal/index.js';
import { assertOptions, rejectUnknownOptions } from '../../common/index.js';

/** Which spans are created. Each costs time in the tracer's SDK; a sampler can limit them. @publicApi */
export interface SpanOptions {
  /** One span per `submit`, from the call to its answer, below the caller's active span. @default true */
  readonly submit?: boolean;
  /** One span per stored group, linked to the submits whose events are in it. @default true */
  readonly groups?: boolean;
  /** One span per replay. @default true */
  readonly replay?: boolean;
}

/** What OpenTelemetry records, and through which providers. @publicApi */
export interface OpenTelemetryOptions {
  /**
   * Provider of the metrics.
   * @default the global one, which must be registered before the application boots; without one nothing is
   * measured
   */
  readonly meterProvider?: MeterProvider;
  /** Provider of the spans. @default the global one */
  readonly tracerProvider?: TracerProvider;
  /** With false, no metrics are recorded. @default true */
  readonly metrics?: boolean;
  /** With true, all spans are created; an object selects some. @default false */
  readonly spans?: boolean | SpanOptions;
}

export interface ResolvedSpans {
  readonly submit: boolean;
  readonly groups: boolean;
  readonly replay: boolean;
}

const KNOWN: Record<keyof OpenTelemetryOptions, true> = {
  meterProvider: true,
  tracerProvider: true,
  metrics: true,
  spans: true,
};
const KNOWN_SPANS: Record<keyof SpanOptions, true> = { submit: true, groups: true, replay: true };

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveSpans(options: OpenTelemetryOptions): ResolvedSpans {
  assertOptions(options, KNOWN);
  const { meterProvider, tracerProvider, metrics, spans = false } = options;
  if (meterProvider !== undefined && typeof meterProvider?.getMeter !== 'function')
    throw new InvalidOptionError('meterProvider', meterProvider, 'a MeterProvider of OpenTelemetry');
  if (tracerProvider !== undefined && typeof tracerProvider?.getTracer !== 'function')
    throw new InvalidOptionError('tracerProvider', tracerProvider, 'a TracerProvider of OpenTelemetry');
  if (metrics !== undefined && typeof metrics !== 'boolean')
    throw new InvalidOptionError('metrics', metrics, 'a boolean');
  if (typeof spans === 'boolean') return { submit: spans, groups: spans, replay: spans };
  if (typeof spans !== 'object' || spans === null)
    throw new InvalidOptionError('spans', spans, 'a boolean or an object');
  rejectUnknownOptions(spans, Object.keys(KNOWN_SPANS), 'spans.');
  for (const [name, value] of Object.entries(spans)) {
    if (value !== undefined && typeof value !== 'boolean')
      throw new InvalidOptionError(`spans.${name}`, value, 'a boolean');
  }
  const { submit = true, groups = true, replay = true } = spans;
  return { submit, groups, replay };
}
