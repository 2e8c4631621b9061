/** The content of the plots. Each has few series; `results.md` has every contestant. */
import type { Role } from './palette.js';
import { shortSize, tickNumber } from './scales.js';

/** A contestant in a plot. */
export interface Series {
  readonly contestant: string;
  readonly label: string;
  readonly role: Role;
}

interface Drawing {
  /** The name of the file, without `.svg`. */
  readonly file: string;
  readonly bench: string;
  readonly metric: string;
  readonly title: string;
  readonly series: readonly Series[];
}

/** Figures against a parameter; both axes are logarithmic. */
export interface LineDrawing extends Drawing {
  readonly kind: 'lines';
  readonly yLabel: string;
  readonly xLabel: string;
  readonly xTick: (x: number) => string;
}

/** One bar for each series, from zero. */
export interface BarDrawing extends Drawing {
  readonly kind: 'bars';
  /** The parameter whose figures are drawn. */
  readonly x: number | null;
  readonly label: string;
}

const OURS = 'nestjs-file-journal';
const APPEND: Series = { contestant: OURS, label: 'append()', role: 'ours' };
const BATCH: Series = { contestant: `${OURS}, appendBatch`, label: 'appendBatch()', role: 'ours-2' };
const JOURNAL: Series = { contestant: OURS, label: 'this package', role: 'ours' };
const SQLITE: Series = { contestant: 'better-sqlite3', label: 'better-sqlite3', role: 'peer-1' };
const LMDB: Series = { contestant: 'lmdb', label: 'lmdb', role: 'peer-2' };
const PLAIN: Series = { contestant: 'plain file', label: 'plain file', role: 'peer-3' };
const WRITE_AND_SYNC: Series = {
  contestant: 'floor: thread pool, write + fdatasync',
  label: 'write and sync only',
  role: 'floor',
};

const IN_FLIGHT = 'appends in flight, or entries in a transaction';
const SIZE = 'size of the journal';

/** Requests per second of an application behind a platform. */
function requests(file: string, platform: string): BarDrawing {
  const series = (contestant: string, label: string, role: Role): Series => ({
    contestant: `${contestant} (${platform})`,
    label,
    role,
  });
  return {
    kind: 'bars',
    file,
    bench: 'http',
    metric: 'requests',
    x: 64,
    title: `${platform}: one durable write per request`,
    label: 'requests per second, 64 connections',
    series: [
      series(`${OURS}, submit`, 'submit()', 'ours'),
      series(`${OURS}, update`, 'update()', 'ours-2'),
      series('better-sqlite3, group commit', 'SQLite, own queue', 'peer-1'),
      series('better-sqlite3, insert per request', 'SQLite', 'peer-2'),
      series('PostgreSQL, insert per request', 'PostgreSQL', 'peer-3'),
      series('no-op handler', 'no write at all', 'floor'),
    ],
  };
}

export const DRAWINGS: readonly (LineDrawing | BarDrawing)[] = [
  requests('http-express', 'Express'),
  requests('http-fastify', 'Fastify'),
  {
    kind: 'bars',
    file: 'start',
    bench: 'start',
    metric: 'start until listening',
    x: 24,
    title: 'Start of the smallest application, Node 24',
    label: 'milliseconds until it listens',
    series: [
      { contestant: `${OURS}, ES modules`, label: 'existing journal', role: 'ours' },
      { contestant: `${OURS}, new journal, ES modules`, label: 'new journal', role: 'ours-2' },
      { contestant: 'floor: without the package, ES modules', label: 'without it', role: 'floor' },
    ],
  },
  {
    kind: 'lines',
    file: 'throughput',
    bench: 'append',
    metric: 'durable append',
    title: 'Durable appends',
    yLabel: 'entries per second (log scale)',
    xLabel: IN_FLIGHT,
    xTick: tickNumber,
    series: [APPEND, BATCH, SQLITE, LMDB, PLAIN, WRITE_AND_SYNC],
  },
  {
    kind: 'lines',
    file: 'latency-p50',
    bench: 'append',
    metric: 'latency p50',
    title: 'Latency of a durable append: median',
    yLabel: 'milliseconds (log scale)',
    xLabel: IN_FLIGHT,
    xTick: tickNumber,
    series: [APPEND, SQLITE, LMDB, PLAIN, WRITE_AND_SYNC],
  },
  {
    kind: 'lines',
    file: 'latency-p99',
    bench: 'append',
    metric: 'latency p99',
    title: 'Latency of a durable append: p99',
    yLabel: 'milliseconds (log scale)',
    xLabel: IN_FLIGHT,
    xTick: tickNumber,
    series: [APPEND, SQLITE, LMDB, PLAIN, WRITE_AND_SYNC],
  },
  {
    kind: 'lines',
    file: 'loop-delay',
    bench: 'append',
    metric: 'event loop, longest gap',
    title: 'Longest event-loop gap during appends',
    yLabel: 'milliseconds (log scale)',
    xLabel: IN_FLIGHT,
    xTick: tickNumber,
    series: [APPEND, SQLITE, LMDB, PLAIN],
  },
  {
    kind: 'lines',
    file: 'open',
    bench: 'open',
    metric: 'open and close',
    title: 'Open, look up the last entry, close',
    yLabel: 'milliseconds (log scale)',
    xLabel: SIZE,
    xTick: shortSize,
    series: [
      JOURNAL,
      SQLITE,
      LMDB,
      { contestant: `${OURS}, only its last segment`, label: 'last segment only', role: 'floor' },
    ],
  },
  {
    kind: 'lines',
    file: 'seek',
    bench: 'open',
    metric: 'start reading anywhere',
    title: 'First event of a read that starts anywhere',
    yLabel: 'milliseconds (log scale)',
    xLabel: SIZE,
    xTick: shortSize,
    series: [JOURNAL, SQLITE, LMDB, PLAIN],
  },
  {
    kind: 'bars',
    file: 'read',
    bench: 'read',
    metric: 'read and parse',
    x: null,
    title: 'Reading every entry, decoded',
    label: 'entries per second',
    series: [
      JOURNAL,
      LMDB,
      PLAIN,
      SQLITE,
      { contestant: 'floor: JSON.parse of the text', label: 'JSON.parse only', role: 'floor' },
    ],
  },
];
