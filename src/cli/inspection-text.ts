/** The text of `file-journal inspect`. */
import type { Finding, JournalFile, JournalInspection, SegmentSummary } from '../file-journal/index.js';
import type { CheckpointState } from './checkpoint-states.js';
import { formatBytes, formatCount, formatTime } from './format-values.js';
import type { Output } from './output.js';
import type { SnapshotState } from './snapshot-states.js';
import { showSnapshots } from './snapshots-text.js';
import { describeWriter } from './writer-text.js';

/** What `inspect` prints with `--json`. */
export interface InspectionResult extends JournalInspection {
  readonly snapshots: readonly SnapshotState[];
  readonly projections: readonly CheckpointState[];
}

/** Shown for values that a few reads cannot determine. */
const UNKNOWN = '?';
const NONE = '-';

/** @param segments how many of the newest segments to list; a table of thousands takes minutes */
export function showInspection(output: Output, result: InspectionResult, segments: number): void {
  showSummary(output, result);
  output.line();
  showSegments(output, result.segments, segments);
  showFiles(output, result.files);
  if (result.snapshots.length > 0) {
    output.line();
    showSnapshots(output, result.snapshots);
  }
  if (result.projections.length > 0) {
    output.line();
    showProjections(output, result.projections);
  }
  output.line();
  showFindings(output, result.findings);
}

function showSummary(output: Output, result: InspectionResult): void {
  const { directory, writer, firstSequence, lastSequence, durableSequence, isOurs, usage } = result;
  const { bold } = output.colors;
  const range = lastSequence === null ? 'none' : `${firstSequence ?? UNKNOWN} to ${lastSequence}`;
  const durable =
    durableSequence !== null
      ? `to ${durableSequence} in the checkpoint`
      : isOurs
        ? 'unknown: the checkpoint holds no bound'
        : 'unknown: there is no checkpoint; another program has written this journal';
  output.line(bold(directory));
  output.line(`  sequences  ${range}`);
  output.line(`  durable    ${durable}`);
  output.line(`  writer     ${describeWriter(writer)}`);
  output.line(
    `  disk       ${formatBytes(usage.diskBytes)} used, ${formatBytes(usage.freeBytes)} of ` +
      `${formatBytes(usage.totalBytes)} free`,
  );
}

function showSegments(output: Output, all: readonly SegmentSummary[], limit: number): void {
  if (all.length === 0) {
    output.line('no segments');
    return;
  }
  const segments = limit === 0 ? [] : all.slice(-limit);
  const hidden = all.length - segments.length;
  if (hidden > 0) output.line(`${formatCount(hidden)} older segments are not listed; see --segments`);
  if (segments.length === 0) return;
  const { bold, dim } = output.colors;
  const colorOf = { active: bold, sealed: String, archived: dim, compressed: dim };
  output.table(
    ['SEGMENT', 'STATE', 'FIRST', 'LAST', 'ENTRIES', 'DATA', 'ON DISK', 'FROM', 'TO', 'ENTRIES/S'],
    segments.map((segment) => [
      segment.name,
      colorOf[segment.state](stateOf(segment)),
      segment.firstSequence?.toString() ?? (segment.entries === 0n ? NONE : UNKNOWN),
      lastOf(segment),
      segment.entries === null ? UNKNOWN : formatCount(segment.entries),
      segment.dataBytes === null ? UNKNOWN : formatBytes(segment.dataBytes),
      formatBytes(segment.diskBytes),
      timeOf(segment, segment.firstTimestampNs),
      timeOf(segment, segment.lastTimestampNs),
      segment.entriesPerSecond === null ? NONE : formatCount(Math.round(segment.entriesPerSecond)),
    ]),
  );
  if (segments.some(({ lastSequenceFrom }) => lastSequenceFrom === 'next-segment'))
    output.line(dim('~ from the name of the next segment; there is no index to find the last entry'));
}

function stateOf({ state, compression }: SegmentSummary): string {
  return compression === null ? state : `${state} (${compression})`;
}

function lastOf({ lastSequence, lastSequenceFrom, entries }: SegmentSummary): string {
  if (lastSequence === null) return entries === 0n ? NONE : UNKNOWN;
  return lastSequenceFrom === 'entry' ? lastSequence.toString() : `~${lastSequence}`;
}

function timeOf({ entries }: SegmentSummary, timestampNs: bigint | null): string {
  if (timestampNs !== null) return formatTime(timestampNs);
  return entries === 0n ? NONE : UNKNOWN;
}

/** Files that an operator may wonder about. */
const SHOWN_KINDS: readonly JournalFile['kind'][] = ['prepared', 'compressing', 'temporary', 'quarantine'];

function showFiles(output: Output, files: readonly JournalFile[]): void {
  const shown = files.filter(({ kind }) => SHOWN_KINDS.includes(kind));
  if (shown.length === 0) return;
  output.line();
  output.table(
    ['OTHER FILE', 'KIND', 'ON DISK', 'WRITTEN'],
    shown.map(({ name, kind, diskBytes, modifiedMs }) => [
      name,
      kind,
      formatBytes(diskBytes),
      new Date(modifiedMs).toISOString(),
    ]),
  );
}

function showProjections(output: Output, projections: readonly CheckpointState[]): void {
  const { green, red, yellow } = output.colors;
  const colorOf = { consistent: green, foreign: red, damaged: red, uncompared: yellow };
  output.table(
    ['PROJECTION', 'POSITION', 'BEHIND', 'WRITTEN', 'STATE', 'WHY'],
    projections.map(({ projection, position, lag, modifiedMs, state, isResetting, reason }) => [
      projection,
      position?.toString() ?? NONE,
      lag === null ? UNKNOWN : formatCount(lag),
      new Date(modifiedMs).toISOString(),
      colorOf[state](isResetting ? `${state}, rebuild interrupted` : state),
      reason ?? '',
    ]),
  );
}

function showFindings(output: Output, findings: readonly Finding[]): void {
  const { green, red, yellow, dim } = output.colors;
  if (findings.length === 0) {
    output.line(green('nothing wrong'));
    return;
  }
  const colorOf = { damage: red, warning: yellow, note: dim };
  for (const { severity, code, file, offset, message, action } of findings) {
    const place = file === null ? '' : ` in ${file}${offset === null ? '' : ` at offset ${offset}`}`;
    output.line(`${colorOf[severity](severity)} ${code}${place}: ${message}`);
    output.line(`  next: ${action}`);
  }
}
