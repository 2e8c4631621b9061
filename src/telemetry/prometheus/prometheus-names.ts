import type { Measure } from '../metrics/index.js';

const PREFIX = 'nestjs_file_journal';

/** The name of a gauge or a histogram: snake case, with its unit at the end. */
export function prometheusName({ words, unit }: Measure): string {
  return [PREFIX, ...words, ...(unit === 'none' ? [] : [unit])].join('_');
}

/** Counters end with `_total`. */
export function counterName(measure: Measure): string {
  return `${prometheusName(measure)}_total`;
}
