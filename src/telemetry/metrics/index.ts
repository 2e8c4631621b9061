export {
  codeOf,
  nameLookup,
  recordJournals,
  type CounterName,
  type HistogramName,
  type Recorder,
} from './journal-recorder.js';
export {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  type Attributes,
  type GaugeMeasure,
  type Measure,
} from './measures.js';
