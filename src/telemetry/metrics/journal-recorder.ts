import { JournalError } from '../../journal/index.js';
import { listenToTelemetry, type ObservedJournals } from '../index.js';
import type { Attributes, COUNTERS, HISTOGRAMS } from './measures.js';

export type CounterName = keyof typeof COUNTERS;
export type HistogramName = keyof typeof HISTOGRAMS;

/** Receives measurements. */
export interface Recorder {
  add(counter: CounterName, journal: string, value: number, attributes?: Attributes): void;
  record(histogram: HistogramName, journal: string, value: number): void;
}

/**
 * Turns the messages of observed journals into measurements, and ignores other journals of the process.
 * @returns a function that stops the recording
 */
export function recordJournals(journals: ObservedJournals, recorder: Recorder): () => void {
  const names = nameLookup(journals);
  return listenToTelemetry({
    groupStored({ journal, entries, sizeBytes, rotated }) {
      const name = names(journal);
      if (name === null) return;
      recorder.add('entries', name, entries);
      recorder.add('bytes', name, sizeBytes);
      recorder.add('groups', name, 1);
      if (rotated) recorder.add('rotations', name, 1);
      recorder.record('group', name, entries);
    },
    synced({ journal, durationMs }) {
      const name = names(journal);
      if (name !== null) recorder.record('sync', name, durationMs / 1_000);
    },
    appendSettled({ journal, durationMs, error }) {
      const name = names(journal);
      if (name === null) return;
      if (error === null) recorder.record('append', name, durationMs / 1_000);
      else recorder.add('refusals', name, 1, { code: codeOf(error) });
    },
    archived({ journal, segments }) {
      const name = names(journal);
      if (name !== null) recorder.add('archived', name, segments);
    },
  });
}

/**
 * The name of a journal; null if it is not observed. An unknown journal is looked up again until it is
 * observed.
 */
export function nameLookup(journals: ObservedJournals): (journal: object) => string | null {
  const known = new WeakMap<object, string>();
  return (journal) => {
    const name = known.get(journal);
    if (name !== undefined) return name;
    const observed = journals.observed().find((candidate) => candidate.journal === journal);
    if (observed === undefined) return null;
    known.set(journal, observed.name);
    return observed.name;
  };
}

export function codeOf(error: unknown): string {
  return JournalError.isJournalError(error) ? error.code : 'OTHER';
}
