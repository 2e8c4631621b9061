/** The text of `file-journal stats`. */
import { formatBytes, formatCount, formatTime } from '../format-values.js';
import type { Output } from '../output.js';
import type { CollectedStatistics } from './collect-statistics.js';
import type { NameCount } from './name-counts.js';
import type { RateSummary } from './rate-buckets.js';
import type { SizeSummary } from './size-histogram.js';

export interface StatisticsTextOptions {
  /** How many minutes with entries to show. */
  readonly minutes: number;
  /** How many names of each kind to show. */
  readonly names: number;
}

const BAR_CHARACTERS = 40;

export function showStatistics(
  output: Output,
  statistics: CollectedStatistics,
  { minutes, names }: StatisticsTextOptions,
): void {
  const { entries, bytes, firstSequence, lastSequence, earliestNs, latestNs, sizes } = statistics;
  const range = firstSequence === null ? '' : `, sequences ${firstSequence} to ${lastSequence}`;
  output.line(`${formatCount(entries)} entries, ${formatBytes(bytes)}${range}`);
  if (earliestNs !== null && latestNs !== null)
    output.line(`from ${formatTime(earliestNs)} to ${formatTime(latestNs)}`);
  if (entries > 0) {
    const share = percent(statistics.entriesWithCommandId, entries);
    output.line(`with a command id: ${formatCount(statistics.entriesWithCommandId)} (${share})`);
  }
  showFaults(output, statistics);
  showNames(output, 'COMMAND', statistics.commands, entries, names);
  showNames(output, 'RESULT', statistics.results, entries, names);
  showNames(output, 'DOMAIN EVENT', statistics.events, null, names);
  showNames(output, 'AGGREGATE', statistics.aggregateTypes, null, names);
  if (sizes !== null) showSizes(output, sizes, entries);
  showMinutes(output, statistics.perMinute, minutes);
}

function showFaults(output: Output, { faults, firstFaults, undecodable }: CollectedStatistics): void {
  const { red } = output.colors;
  if (undecodable > 0) output.line(red(`${formatCount(undecodable)} entries cannot be decoded`));
  if (faults === 0) return;
  output.line(red(`${formatCount(faults)} faults; "file-journal verify" lists all of them:`));
  for (const { message } of firstFaults) output.line(`  ${message}`);
}

function showNames(
  output: Output,
  title: string,
  counts: readonly NameCount[],
  entries: number | null,
  limit: number,
): void {
  if (counts.length === 0 || limit === 0) return;
  output.line();
  output.table(
    [title, entries === null ? 'NUMBER' : 'ENTRIES', ...(entries === null ? [] : ['SHARE', 'BYTES'])],
    counts
      .slice(0, limit)
      .map(({ name, entries: count, bytes }) => [
        name,
        formatCount(count),
        ...(entries === null ? [] : [percent(count, entries), formatBytes(bytes)]),
      ]),
  );
  if (counts.length > limit) output.line(`${formatCount(counts.length - limit)} more; see --names`);
}

function showSizes(output: Output, sizes: SizeSummary, entries: number): void {
  const { minBytes, medianBytes, p99Bytes, maxBytes, meanBytes, histogram } = sizes;
  output.line();
  output.line(
    `entry size: min ${minBytes}, median ${medianBytes}, p99 ${p99Bytes}, max ${maxBytes} bytes, ` +
      `mean ${meanBytes.toFixed(1)}`,
  );
  const most = Math.max(...histogram.map((row) => row.entries));
  output.table(
    ['BYTES', 'ENTRIES', 'SHARE', ''],
    histogram.map((row) => [
      `${row.fromBytes} to ${row.toBytes}`,
      formatCount(row.entries),
      percent(row.entries, entries),
      bar(row.entries, most),
    ]),
  );
}

function showMinutes(output: Output, { bucketMinutes, buckets }: RateSummary, limit: number): void {
  if (buckets.length === 0 || limit === 0) return;
  const shown = buckets.slice(-limit);
  const unit = bucketMinutes === 1 ? 'minutes' : `periods of ${formatCount(bucketMinutes)} minutes`;
  const peak = buckets.reduce((most, { entries }) => Math.max(most, entries), 0);
  output.line();
  output.line(`${formatCount(buckets.length)} ${unit} with entries, at most ${formatCount(peak)} in one`);
  output.table(
    ['FROM', 'ENTRIES', 'BYTES', ''],
    shown.map(({ fromNs, entries, bytes }) => [
      formatTime(fromNs).replace(/\.0+Z$/, 'Z'),
      formatCount(entries),
      formatBytes(bytes),
      bar(entries, peak),
    ]),
  );
  if (shown.length < buckets.length) output.line(`the last ${formatCount(shown.length)}; see --minutes`);
}

function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(1)}%`;
}

function bar(value: number, most: number): string {
  return '#'.repeat(Math.max(1, Math.round((value / most) * BAR_CHARACTERS)));
}
