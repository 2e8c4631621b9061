import type { Registry } from 'prom-client';
import { objectOption, option, resolveOnly, type OptionsOf } from '../../common/index.js';

// A new option is one property of PROMETHEUS_OPTIONS.
const PROMETHEUS_OPTIONS = {
  /** Registry of the metrics. @default prom-client's global registry, `register` */
  register: objectOption<Registry>('a Registry of prom-client', ['registerMetric']),
  /** Upper bounds of the histograms of durations, in seconds, ascending. @default 0.0001 … 5 */
  durationBucketsSeconds: option('ascending numbers above 0', areAscending),
};

/** Registry and buckets of the metrics. @publicApi */
export interface PrometheusOptions extends OptionsOf<typeof PROMETHEUS_OPTIONS> {}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function validatePrometheusOptions(options: PrometheusOptions): void {
  resolveOnly(PROMETHEUS_OPTIONS, options);
}

function areAscending(bounds: unknown): bounds is readonly number[] {
  if (!Array.isArray(bounds) || bounds.length === 0) return false;
  return bounds.every((bound, index) => bound > (bounds[index - 1] ?? 0));
}
