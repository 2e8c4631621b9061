import type { BatchObservableCallback, Counter, Histogram, Meter, ObservableGauge } from '@opentelemetry/api';
import { readStatus, type ObservedJournals } from '../index.js';
import { recordJournals, type CounterName, type HistogramName, type Recorder } from '../metrics/index.js';
import {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  type Attributes,
  type GaugeMeasure,
  type Measure,
} from '../metrics/index.js';

const NAMESPACE = 'nestjs_file_journal';
/** The attribute that holds a journal's name. */
export const JOURNAL_ATTRIBUTE = 'nestjs_file_journal.journal.name';

/** Units in UCUM, as the semantic conventions require; names contain no units. */
const UNITS: Record<Measure['unit'], string> = {
  seconds: 's',
  bytes: 'By',
  entries: '{entry}',
  none: '1',
};

/**
 * Creates the instruments of a meter and records the measurements in them.
 * @returns a function that stops the recording
 */
export function createInstruments(meter: Meter, journals: ObservedJournals): () => void {
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  for (const [key, measure] of Object.entries(COUNTERS)) {
    counters.set(key, meter.createCounter(metricName(measure), describe(measure)));
  }
  for (const [key, measure] of Object.entries(HISTOGRAMS)) {
    const advice = { explicitBucketBoundaries: [...measure.buckets] };
    histograms.set(key, meter.createHistogram(metricName(measure), { ...describe(measure), advice }));
  }
  const stopGauges = createGauges(meter, journals);
  const recorder: Recorder = {
    add: (counter: CounterName, journal, value, attributes) =>
      counters.get(counter)?.add(value, { [JOURNAL_ATTRIBUTE]: journal, ...conventional(attributes) }),
    record: (histogram: HistogramName, journal, value) =>
      histograms.get(histogram)?.record(value, { [JOURNAL_ATTRIBUTE]: journal }),
  };
  const stopRecording = recordJournals(journals, recorder);
  return () => {
    stopRecording();
    stopGauges();
  };
}

/** The name with dots between words. The names of counters stay in the plural. */
export function metricName({ words }: Measure): string {
  return [NAMESPACE, ...words].join('.');
}

function createGauges(meter: Meter, journals: ObservedJournals): () => void {
  const gauges = new Map<GaugeMeasure, ObservableGauge>(
    GAUGES.map((measure) => [measure, meter.createObservableGauge(metricName(measure), describe(measure))]),
  );
  const observe: BatchObservableCallback = async (result) => {
    const all = await Promise.all(journals.observed().map((observed) => readStatus(observed)));
    for (const status of all) {
      for (const [measure, gauge] of gauges) {
        for (const { value, attributes } of measure.read(status)) {
          result.observe(gauge, value, { [JOURNAL_ATTRIBUTE]: status.name, ...conventional(attributes) });
        }
      }
    }
  };
  const observables = [...gauges.values()];
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}

/** The attributes of a measurement. `error.type` is the semantic conventions' name for an error code. */
function conventional(attributes: Attributes = {}): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name === 'code' ? 'error.type' : `${NAMESPACE}.${name}`,
      value,
    ]),
  );
}

function describe({ help, unit }: Measure): { description: string; unit: string } {
  return { description: help, unit: UNITS[unit] };
}
