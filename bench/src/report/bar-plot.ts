/** One bar for each series, from zero, between its name and its figure. */
import { median, type BenchResult } from '../harness/measurements.js';
import type { BarDrawing, Series } from './drawings.js';
import { colourOf } from './palette.js';
import { FONT_SIZE, LETTER, type PlotLibrary } from './plot-library.js';
import { linearTicks, shortNumber, tickNumber } from './scales.js';

const ROW = 36;
const MARGIN = { marginTop: 48, marginRight: 64, marginBottom: 56 };
interface Bar {
  readonly series: Series;
  readonly label: string;
  readonly value: number;
}

/** @returns the text of an SVG file; null when there are no figures */
export function drawBars(library: PlotLibrary, drawing: BarDrawing, result: BenchResult): string | null {
  const bars = drawing.series.flatMap((series) => barOf(drawing, series, result));
  if (bars.length === 0) return null;
  const { Plot } = library;
  const ticks = linearTicks(Math.max(...bars.map(({ value }) => value)));
  const marginLeft = Math.ceil(Math.max(...bars.map(({ label }) => label.length)) * LETTER) + 26;
  const text = { fontSize: FONT_SIZE, textAnchor: 'start' };
  return library.draw(drawing.title, {
    height: bars.length * ROW + MARGIN.marginTop + MARGIN.marginBottom,
    ...MARGIN,
    marginLeft,
    x: { domain: [0, ticks.at(-1)] },
    y: { type: 'band', domain: bars.map(({ label }) => label), padding: 0.3, axis: null },
    marks: [
      Plot.gridX(ticks, { stroke: colourOf('grid'), strokeOpacity: 1 }),
      Plot.axisX(ticks, {
        tickSize: 0,
        tickFormat: tickNumber,
        label: null,
        fontSize: FONT_SIZE,
        fill: colourOf('ink'),
      }),
      Plot.text([drawing.label], {
        fontSize: FONT_SIZE,
        fill: colourOf('muted'),
        frameAnchor: 'bottom',
        dy: 44,
      }),
      ...bars.flatMap((bar) => marksOf(Plot, bar, text, marginLeft)),
    ],
  });
}

function barOf({ metric, x }: BarDrawing, series: Series, { measurements }: BenchResult): Bar[] {
  const found = measurements.find(
    (one) => one.metric === metric && one.contestant === series.contestant && one.x === x,
  );
  if (found === undefined) return [];
  return [{ series, label: series.label, value: median(found.rounds) }];
}

function marksOf(Plot: PlotLibrary['Plot'], bar: Bar, text: object, marginLeft: number): unknown[] {
  const { role } = bar.series;
  const colour = colourOf(role);
  const isFloor = role === 'floor';
  const bold = { fontWeight: role === 'ours' ? 700 : 500, fill: colour };
  return [
    Plot.barX([bar], {
      x1: 0,
      x2: 'value',
      y: 'label',
      ariaLabel: () => bar.label,
      ...(isFloor ? { fill: 'none', stroke: colour, strokeDasharray: '6 4', inset: 0.5 } : { fill: colour }),
    }),
    Plot.text([bar], {
      ...text,
      ...bold,
      x: 0,
      y: 'label',
      text: 'label',
      dx: 12 - marginLeft,
    }),
    Plot.text([bar], { ...text, ...bold, x: 'value', y: 'label', text: () => shortNumber(bar.value), dx: 6 }),
  ];
}
