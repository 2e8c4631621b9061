/** SVG plots. Observable Plot draws, linkedom gives it a document: no browser, no canvas. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, type BenchResult } from '../harness/measurements.js';
import { loadContestant } from '../harness/project.js';

interface PlotModule {
  plot(options: object): { outerHTML: string; setAttribute(name: string, value: string): void };
  lineY(data: readonly object[], options: object): unknown;
  ruleX(data: readonly object[], options: object): unknown;
  text(data: readonly unknown[], options: object): unknown;
  dot(data: readonly unknown[], options: object): unknown;
}

interface DomModule {
  parseHTML(html: string): { document: unknown };
}

interface Drawing {
  readonly file: string;
  readonly bench: string;
  readonly metric: string;
  readonly title: string;
  readonly xLabel: string;
  readonly xIn?: 'MiB';
}

const DRAWINGS: readonly Drawing[] = [
  {
    file: 'throughput',
    bench: 'append',
    metric: 'durable append',
    title: 'Durable appends per second',
    xLabel: 'in flight, or per transaction',
  },
  {
    file: 'latency-p50',
    bench: 'append',
    metric: 'latency p50',
    title: 'Latency of a durable append, median (ms)',
    xLabel: 'in flight, or per transaction',
  },
  {
    file: 'latency-p99',
    bench: 'append',
    metric: 'latency p99',
    title: 'Latency of a durable append, p99 (ms)',
    xLabel: 'in flight, or per transaction',
  },
  {
    file: 'loop-delay',
    bench: 'append',
    metric: 'event loop, longest gap',
    title: 'Longest time the event loop stood still (ms)',
    xLabel: 'in flight, or per transaction',
  },
  {
    file: 'open',
    bench: 'open',
    metric: 'open and close',
    title: 'Open, look up the last entry, close (ms)',
    xLabel: 'journal size in MiB',
    xIn: 'MiB',
  },
  {
    file: 'seek',
    bench: 'open',
    metric: 'start reading anywhere',
    title: 'First event of a read that starts anywhere (ms)',
    xLabel: 'journal size in MiB',
    xIn: 'MiB',
  },
  {
    file: 'replay',
    bench: 'open',
    metric: 'read everything back',
    title: 'Read everything back, decoded (ms)',
    xLabel: 'journal size in MiB',
    xIn: 'MiB',
  },
];

const COLOURS = [
  '#1f5fbf',
  '#7fb2f0',
  '#d95f02',
  '#1b9e77',
  '#7570b3',
  '#a6761d',
  '#e7298a',
  '#666666',
  '#999999',
  '#bbbbbb',
];
const WIDTH = 860;
const LEGEND_COLUMNS = 3;
const LEGEND_ROW = 16;

interface Point {
  readonly contestant: string;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Writes the plots that `results` have figures for. @returns their file names @throws when the plot library
 * is not installed
 */
export async function drawPlots(results: readonly BenchResult[], directory: string): Promise<string[]> {
  const Plot = await loadContestant<PlotModule>('@observablehq/plot');
  const { parseHTML } = await loadContestant<DomModule>('linkedom');
  const files: string[] = [];
  for (const drawing of DRAWINGS) {
    const points = pointsOf(drawing, results);
    if (points.length === 0) continue;
    const { document } = parseHTML('<html><body></body></html>');
    const file = `${drawing.file}.svg`;
    writeFileSync(join(directory, file), draw(Plot, document, drawing, points));
    files.push(file);
  }
  return files;
}

function pointsOf({ bench, metric, xIn }: Drawing, results: readonly BenchResult[]): Point[] {
  const measurements = results.find((result) => result.bench === bench)?.measurements ?? [];
  return measurements
    .filter((one) => one.metric === metric && one.x !== null)
    .map(({ contestant, x, rounds }) => ({
      contestant,
      x: xIn === 'MiB' ? (x ?? 0) / 2 ** 20 : (x ?? 0),
      y: median(rounds),
      low: Math.min(...rounds),
      high: Math.max(...rounds),
    }));
}

function draw(
  Plot: PlotModule,
  document: unknown,
  { title, xLabel }: Drawing,
  points: readonly Point[],
): string {
  const names = [...new Set(points.map(({ contestant }) => contestant))];
  const colourOf = (name: string): string => COLOURS[names.indexOf(name) % COLOURS.length] ?? '#000000';
  const legendHeight = Math.ceil(names.length / LEGEND_COLUMNS) * LEGEND_ROW;
  const columnWidth = (WIDTH - 80) / LEGEND_COLUMNS;
  const legend = names.flatMap((name, index) => {
    const at = {
      frameAnchor: 'top-left',
      dx: (index % LEGEND_COLUMNS) * columnWidth,
      dy: Math.floor(index / LEGEND_COLUMNS) * LEGEND_ROW - legendHeight - 12,
    };
    return [
      Plot.dot([0], { ...at, r: 4, fill: colourOf(name) }),
      Plot.text([name], { ...at, dx: at.dx + 8, textAnchor: 'start', fill: '#222222' }),
    ];
  });
  const figure = Plot.plot({
    document,
    width: WIDTH,
    height: 420 + legendHeight,
    marginLeft: 64,
    marginTop: 44 + legendHeight,
    marginRight: 20,
    marginBottom: 40,
    style: { background: '#ffffff', color: '#222222', fontSize: '11px' },
    x: {
      type: 'log',
      label: xLabel,
      ticks: [...new Set(points.map(({ x }) => x))],
      tickFormat: shortNumber,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { type: 'log', label: null, grid: true, tickFormat: shortNumber },
    marks: [
      ...legend,
      Plot.text([title], {
        frameAnchor: 'top-left',
        dy: -legendHeight - 34,
        fontSize: 14,
        fontWeight: 'bold',
        textAnchor: 'start',
      }),
      Plot.ruleX(points, {
        x: 'x',
        y1: 'low',
        y2: 'high',
        stroke: (point: Point) => colourOf(point.contestant),
        strokeOpacity: 0.5,
      }),
      Plot.lineY(points, {
        x: 'x',
        y: 'y',
        z: 'contestant',
        stroke: (point: Point) => colourOf(point.contestant),
        strokeWidth: 2,
        marker: true,
      }),
    ],
  });
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  // Plot names its style class at random; a file that is committed should change only with its figures.
  return `${figure.outerHTML.replaceAll(/plot-[0-9a-f]{6}/g, 'plot')}\n`;
}

function shortNumber(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
