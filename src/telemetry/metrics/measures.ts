import type { JournalStatus } from '../index.js';

/** Attributes beside the journal's name. */
export type Attributes = Readonly<Record<string, string>>;

/** Name and meaning of a measure. Each exporter spells the name in its own convention. */
export interface Measure {
  /** Words of the name, in order: `['append', 'duration']`. */
  readonly words: readonly string[];
  readonly unit: 'seconds' | 'bytes' | 'entries' | 'none';
  readonly help: string;
}

export interface HistogramMeasure extends Measure {
  /** Upper bounds of the histogram. */
  readonly buckets: readonly number[];
}

export interface Reading {
  readonly value: number;
  readonly attributes?: Attributes;
}

export interface GaugeMeasure extends Measure {
  /** Reads the value from the status, at each scrape. */
  read(status: JournalStatus): Reading[];
}

/** From a sync of an NVMe disk with a safe cache (about 100 µs) to a hanging disk. */
const DURATION_BUCKETS_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];
const GROUP_BUCKETS_ENTRIES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096];

export const COUNTERS = {
  entries: { words: ['stored'], unit: 'entries', help: 'Entries that were stored' },
  bytes: { words: ['written'], unit: 'bytes', help: 'Bytes of stored entries, headers included' },
  groups: { words: ['groups'], unit: 'none', help: 'Groups of entries that were written together' },
  rotations: { words: ['rotations'], unit: 'none', help: 'Rotations to a new segment' },
  refusals: {
    words: ['refused', 'appends'],
    unit: 'none',
    help: 'Calls of append that were rejected, by error code',
  },
  archived: { words: ['archivals'], unit: 'none', help: 'Segments that were archived' },
} as const satisfies Record<string, Measure>;

export const HISTOGRAMS = {
  append: {
    words: ['append', 'duration'],
    unit: 'seconds',
    help: 'Time from the call of append to its acknowledgement',
    buckets: DURATION_BUCKETS_SECONDS,
  },
  group: {
    words: ['group', 'size'],
    unit: 'entries',
    help: 'Entries that share one write and, in sync durability, one sync',
    buckets: GROUP_BUCKETS_ENTRIES,
  },
  sync: {
    words: ['sync', 'duration'],
    unit: 'seconds',
    help: 'Duration of one sync of written entries',
    buckets: DURATION_BUCKETS_SECONDS,
  },
} as const satisfies Record<string, HistogramMeasure>;

const STATES = ['open', 'poisoned', 'closed'] as const;

export const GAUGES: readonly GaugeMeasure[] = [
  {
    words: ['state'],
    unit: 'none',
    help: '1 for the current state of the journal',
    read: ({ state }) =>
      STATES.map((name) => ({ value: name === state ? 1 : 0, attributes: { state: name } })),
  },
  {
    words: ['last', 'sequence'],
    unit: 'none',
    help: 'Sequence of the newest visible entry; exact up to 2^53',
    read: ({ lastSequence }) => optional(lastSequence),
  },
  {
    words: ['durable', 'sequence'],
    unit: 'none',
    help: 'Sequence of the newest durable entry; exact up to 2^53',
    read: ({ durableSequence }) => optional(durableSequence),
  },
  {
    words: ['segments'],
    unit: 'none',
    help: 'Segment files, the active one included',
    read: ({ storage }) => optional(storage?.segments),
  },
  {
    words: ['archived', 'segments'],
    unit: 'none',
    help: 'Archived segment files in the directory',
    read: ({ storage }) => optional(storage?.archivedSegments),
  },
  {
    words: ['directory', 'size'],
    unit: 'bytes',
    help: 'Bytes allocated by the files of the directory',
    read: ({ storage }) => optional(storage?.sizeBytes),
  },
  {
    words: ['disk', 'free'],
    unit: 'bytes',
    help: 'Free bytes on the file system of the directory',
    read: ({ storage }) => optional(storage?.freeBytes),
  },
  {
    words: ['queued', 'commands'],
    unit: 'none',
    help: 'Pending commands of the Sequencer',
    read: ({ commands }) => optional(commands?.queued),
  },
  {
    words: ['in', 'flight', 'commands'],
    unit: 'none',
    help: 'Events that are appended but not acknowledged',
    read: ({ commands }) => optional(commands?.inFlight),
  },
  {
    words: ['clock', 'skewed'],
    unit: 'none',
    help: '1 while the wall clock is more than a second behind the journal',
    read: ({ commands }) => optional(commands && Number(commands.isClockSkewed)),
  },
  {
    words: ['replay', 'running'],
    unit: 'none',
    help: '1 while an aggregate is rebuilt from the journal',
    read: ({ replay }) => optional(replay && Number(replay.phase === 'running')),
  },
  {
    words: ['replay', 'entries', 'per', 'second'],
    unit: 'none',
    help: 'Entries per second of the current replay, or of the latest one',
    read: ({ replay }) => optional(replay?.ratePerSecond),
  },
  {
    words: ['replay', 'remaining'],
    unit: 'entries',
    help: 'Entries that the current replay has not read yet',
    read: ({ replay }) =>
      optional(replay && (replay.phase === 'running' ? Number(replay.total) - replay.replayed : 0)),
  },
  {
    words: ['projection', 'lag'],
    unit: 'entries',
    help: 'Entries that a projection has not handled yet',
    read: ({ lag }) =>
      lag.map(({ name, lagEntries }) => ({ value: Number(lagEntries), attributes: { projection: name } })),
  },
  {
    words: ['projection', 'stopped'],
    unit: 'none',
    help: '1 for a projection that does not continue by itself',
    read: ({ lag }) =>
      lag.map(({ name, isStopped }) => ({ value: Number(isStopped), attributes: { projection: name } })),
  },
];

function optional(value: number | bigint | null | undefined): Reading[] {
  return value === null || value === undefined ? [] : [{ value: Number(value) }];
}
