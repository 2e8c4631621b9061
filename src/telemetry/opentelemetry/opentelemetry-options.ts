import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import {
  booleanOption,
  objectOption,
  resolveOnly,
  resolveOptionTable,
  tableOption,
  type Option,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../../common/index.js';

// A new option is one property of SPAN_OPTIONS or OPENTELEMETRY_OPTIONS.

const SPAN_OPTIONS = {
  /** One span per `submit`, from the call to its answer, below the caller's active span. @default true */
  submit: booleanOption(true),
  /** One span per stored group, linked to the submits whose events are in it. @default true */
  groups: booleanOption(true),
  /** One span per replay. @default true */
  replay: booleanOption(true),
};

/** Which spans are created. Each costs time in the tracer's SDK; a sampler can limit them. @publicApi */
export interface SpanOptions extends OptionsOf<typeof SPAN_OPTIONS> {}

const OPENTELEMETRY_OPTIONS = {
  /**
   * Provider of the metrics.
   * @default the global one, which must be registered before the application boots; without one, no metrics
   * are recorded
   */
  meterProvider: objectOption<MeterProvider>('a MeterProvider of OpenTelemetry', ['getMeter']),
  /** Provider of the spans. @default the global one */
  tracerProvider: objectOption<TracerProvider>('a TracerProvider of OpenTelemetry', ['getTracer']),
  /** With false, no metrics are recorded. @default true */
  metrics: booleanOption(true),
  /** With true, all spans are created; an object selects some. @default false */
  spans: allOrSome(),
};

/** What OpenTelemetry records, and through which providers. @publicApi */
export interface OpenTelemetryOptions extends OptionsOf<typeof OPENTELEMETRY_OPTIONS> {}

export type ResolvedSpans = ResolvedOptionsOf<typeof SPAN_OPTIONS>;

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveSpans(options: OpenTelemetryOptions): ResolvedSpans {
  const { spans } = resolveOnly(OPENTELEMETRY_OPTIONS, options);
  if (typeof spans !== 'boolean') return resolveOptionTable(SPAN_OPTIONS, spans);
  return { submit: spans, groups: spans, replay: spans };
}

function allOrSome(): Option<boolean | SpanOptions, false> {
  const some = tableOption<SpanOptions>(SPAN_OPTIONS, 'a boolean or an object');
  return {
    defaultValue: false,
    check: (name, value) => (typeof value === 'boolean' ? value : some.check(name, value)),
  };
}
