/** The plots of `docs/benchmarks`: SVG files, drawn from the figures of the benches. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from '../harness/measurements.js';
import { drawBars } from './bar-plot.js';
import { DRAWINGS } from './drawings.js';
import { drawLines } from './line-plot.js';
import { PlotLibrary } from './plot-library.js';

/**
 * Writes every plot that `results` have figures for. @returns the file names @throws when the plot library is
 * not installed
 */
export async function drawPlots(results: readonly BenchResult[], directory: string): Promise<string[]> {
  const library = await PlotLibrary.load();
  const files: string[] = [];
  for (const drawing of DRAWINGS) {
    const result = results.find(({ bench }) => bench === drawing.bench);
    if (result === undefined) continue;
    const svg =
      drawing.kind === 'lines' ? drawLines(library, drawing, result) : drawBars(library, drawing, result);
    if (svg === null) continue;
    writeFileSync(join(directory, `${drawing.file}.svg`), svg);
    files.push(`${drawing.file}.svg`);
  }
  return files;
}

/** Draws every plot again from the figures that the last runs left in `directory`. */
export async function redrawPlots(directory: string): Promise<string[]> {
  const benches = [...new Set(DRAWINGS.map(({ bench }) => bench))];
  const results = benches
    .map((bench) => join(directory, `${bench}.json`))
    .filter((file) => existsSync(file))
    .flatMap((file) => (JSON.parse(readFileSync(file, 'utf8')) as { results: BenchResult[] }).results);
  return drawPlots(results, directory);
}
