/** Figures against a parameter: a line for each series, with its name at the end. */
import { median, type BenchResult } from '../harness/measurements.js';
import type { LineDrawing, Series } from './drawings.js';
import { colourOf, widthOf } from './palette.js';
import { FONT_SIZE, LETTER, WIDTH, type PlotLibrary } from './plot-library.js';
import { logarithmicDomain, logarithmicTicks, spreadApart, tickNumber, ticksWithRoom } from './scales.js';

const HEIGHT = 412;
const MARGIN = { marginTop: 76, marginRight: 150, marginBottom: 56, marginLeft: 54 };
/** From the baseline of a label to that of the next one. */
const LABEL_GAP = 19;
const LABEL_DISTANCE = 10;

interface Point {
  readonly series: Series;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** @returns the text of an SVG file; null when there are no figures */
export function drawLines(library: PlotLibrary, drawing: LineDrawing, result: BenchResult): string | null {
  const lines = drawing.series
    .map((series) => pointsOf(drawing, series, result))
    .filter((points) => points.length > 0);
  if (lines.length === 0) return null;
  const { Plot } = library;
  const points = lines.flat();
  const measured = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const x = new Axis([measured[0] ?? 1, measured.at(-1) ?? 1], MARGIN.marginLeft, WIDTH - MARGIN.marginRight);
  const xTicks = ticksWithRoom(
    measured,
    (value) => x.pixelOf(value),
    (value) => (drawing.xTick(value).length + 1) * LETTER,
  );
  const y = new Axis(
    logarithmicDomain(points.flatMap(({ low, high }) => [low, high])),
    HEIGHT - MARGIN.marginBottom,
    MARGIN.marginTop,
  );
  const yTicks = logarithmicTicks(y.domain);
  const label = { fontSize: FONT_SIZE, fill: colourOf('muted') };
  // The axes of Plot omit requested labels on a logarithmic scale, so this file draws its own.
  const tick = { text: tickNumber, fontSize: FONT_SIZE, fill: colourOf('ink') };
  return library.draw(drawing.title, {
    height: HEIGHT,
    ...MARGIN,
    x: { type: 'log', domain: x.domain, axis: null },
    y: { type: 'log', domain: y.domain, axis: null },
    marks: [
      Plot.gridY(yTicks, { stroke: colourOf('grid'), strokeOpacity: 1 }),
      Plot.text(yTicks, {
        ...tick,
        y: (value: number) => value,
        frameAnchor: 'left',
        textAnchor: 'end',
        dx: -8,
      }),
      Plot.text(xTicks, {
        ...tick,
        text: drawing.xTick,
        x: (value: number) => value,
        frameAnchor: 'bottom',
        dy: 18,
      }),
      Plot.text([drawing.yLabel], {
        ...label,
        frameAnchor: 'top-left',
        textAnchor: 'start',
        dy: -26,
        dx: -46,
      }),
      Plot.text([drawing.xLabel], { ...label, frameAnchor: 'bottom', dy: 46 }),
      ...endLabels(library, lines, x, y),
      // Draws the first series on top of the others.
      ...[...lines].reverse().flatMap((line) => marksOf(Plot, line)),
    ],
  });
}

function pointsOf({ metric }: LineDrawing, series: Series, { measurements }: BenchResult): Point[] {
  return measurements
    .filter((one) => one.metric === metric && one.contestant === series.contestant && one.x !== null)
    .map(({ x, rounds }) => ({
      series,
      x: x ?? 0,
      y: median(rounds),
      low: Math.min(...rounds),
      high: Math.max(...rounds),
    }))
    .sort((a, b) => a.x - b.x);
}

function marksOf(Plot: PlotLibrary['Plot'], line: readonly Point[]): unknown[] {
  const { role, label } = (line[0] as Point).series;
  const stroke = colourOf(role);
  const at = { x: 'x', y: 'y' };
  return [
    Plot.ruleX(line, { x: 'x', y1: 'low', y2: 'high', stroke, strokeOpacity: 0.35, strokeWidth: 1.5 }),
    Plot.lineY(line, {
      ...at,
      stroke,
      strokeWidth: widthOf(role),
      ariaLabel: () => label,
      ...(role === 'floor' ? { strokeDasharray: '6 4' } : {}),
    }),
    ...(role === 'floor' ? [] : [Plot.dot(line, { ...at, r: role === 'ours' ? 4 : 2.5, fill: stroke })]),
  ];
}

/** Names each line at the right edge, connected by a thin line. */
function endLabels({ Plot }: PlotLibrary, lines: readonly (readonly Point[])[], x: Axis, y: Axis): unknown[] {
  const ending = lines.map((line) => line.at(-1) as Point);
  const natural = ending.map((end) => y.pixelOf(end.y));
  const placed = spreadApart(natural, LABEL_GAP, MARGIN.marginTop, HEIGHT - MARGIN.marginBottom);
  const edge = WIDTH - MARGIN.marginRight;
  return ending.flatMap(({ series: { label, role }, ...end }, index) => {
    const row = placed[index] ?? 0;
    const name = Plot.text([label], {
      frameAnchor: 'top-left',
      dx: edge - MARGIN.marginLeft + LABEL_DISTANCE,
      dy: row - MARGIN.marginTop,
      lineAnchor: 'middle',
      textAnchor: 'start',
      fontSize: FONT_SIZE,
      fontWeight: role === 'ours' ? 700 : 500,
      fill: colourOf(role),
    });
    const to = { x2: x.valueAt(edge + LABEL_DISTANCE - 2), y2: y.valueAt(row) };
    const leader = Plot.link([{ x1: end.x, y1: end.y, ...to }], {
      ...{ x1: 'x1', y1: 'y1', x2: 'x2', y2: 'y2' },
      stroke: colourOf(role),
      strokeOpacity: 0.6,
      strokeDasharray: '1 3',
    });
    return [leader, name];
  });
}

/** A logarithmic axis between two pixels. */
class Axis {
  constructor(
    readonly domain: readonly [number, number],
    private readonly from: number,
    private readonly to: number,
  ) {}

  pixelOf(value: number): number {
    return this.from + ((this.to - this.from) * Math.log(value / this.domain[0])) / this.span;
  }

  valueAt(pixel: number): number {
    return this.domain[0] * Math.exp((this.span * (pixel - this.from)) / (this.to - this.from));
  }

  private get span(): number {
    return Math.log(this.domain[1] / this.domain[0]);
  }
}
