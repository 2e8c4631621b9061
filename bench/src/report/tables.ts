import type { Machine } from '../harness/machine.js';
import { median, type BenchResult, type Measurement, type Target } from '../harness/measurements.js';

export interface Report {
  readonly smoke: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly results: readonly BenchResult[];
}

/** Markdown: the targets first, then every figure. */
export function formatTables({ machine, rounds, results }: Report): string {
  const contestants = Object.entries(machine.contestants)
    .map(([name, version]) => `${name} ${version ?? '(not installed)'}`)
    .join(', ');
  const minutes = results.reduce((sum, { durationMs }) => sum + durationMs, 0) / 60_000;
  const lines = [
    '# Results',
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${machine.fileSystem}, Node ${machine.node}; ` +
      `${contestants}; ${rounds} rounds, ${minutes.toFixed(1)} minutes. Median (lowest – highest of the rounds).`,
    '',
    '## Targets',
    '',
    '| | target | | measured | met |',
    '| --- | --- | --- | --- | --- |',
    ...results.flatMap(({ targets }) => targets.map(targetRow)),
    '',
  ];
  const notes = results.flatMap(({ notes: some }) => some);
  const skipped = new Map(
    results.flatMap(({ skipped: some }) =>
      some.map(({ contestant, reason }) => [contestant, reason] as const),
    ),
  );
  for (const [contestant, reason] of skipped) notes.push(`${contestant} did not take part: ${reason}`);
  if (notes.length > 0) lines.push(...[...new Set(notes)].map((note) => `- ${note}`), '');
  for (const { bench, measurements } of results) {
    lines.push(`## ${bench}`, '');
    for (const metric of new Set(measurements.map((one) => one.metric))) {
      lines.push(
        ...metricTable(
          metric,
          measurements.filter((one) => one.metric === metric),
        ),
      );
    }
  }
  return lines.join('\n');
}

export function isMet({ bound, limit, rounds }: Target): boolean {
  const value = median(rounds);
  return bound === 'at least' ? value >= limit : value <= limit;
}

function targetRow(target: Target): string {
  const { id, text, bound, limit, rounds, of } = target;
  const unit = /^[A-Za-z]{1,3}$/.test(of) ? ` ${of}` : '×';
  return `| ${id} | ${text} | ${bound} ${limit}${unit} | ${spread(rounds)} | ${isMet(target) ? 'yes' : '**no**'} |`;
}

/** One row per contestant, one column per parameter. */
function metricTable(metric: string, measurements: readonly Measurement[]): string[] {
  const unit = measurements[0]?.unit ?? '';
  const columns = [...new Set(measurements.map(({ x }) => x))].sort((a, b) => (a ?? 0) - (b ?? 0));
  const head = columns.map((x) =>
    x === null ? unit : x >= 1024 * 1024 ? `${Math.round(x / 2 ** 20)} MiB` : String(x),
  );
  const rows = [...new Set(measurements.map(({ contestant }) => contestant))].map((contestant) => {
    const cells = columns.map((x) => {
      const found = measurements.find((one) => one.contestant === contestant && one.x === x);
      return found === undefined ? '' : spread(found.rounds);
    });
    return `| ${contestant} | ${cells.join(' | ')} |`;
  });
  return [
    `**${metric}** (${unit})`,
    '',
    `| | ${head.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(head.length)}`,
    ...rows,
    '',
  ];
}

function spread(values: readonly number[]): string {
  if (values.length === 1) return digits(values[0] ?? Number.NaN);
  return `${digits(median(values))} (${digits(Math.min(...values))} – ${digits(Math.max(...values))})`;
}

function digits(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
}
