import { CooperativeYield } from '../../common/index.js';
import type { JournalEntry } from '../../journal/index.js';
import type { CommandContext } from '../command.js';
import { compareFields, firstOtherByte, type FieldDifference } from '../entries/compare-payloads.js';
import type { ReadingOptions } from '../entries/filter-options.js';
import { openRawJournal } from '../entries/open-journal.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatCount, formatTime } from '../format-values.js';
import type { Output } from '../output.js';
import { terminalJson } from '../terminal-text.js';

export type DiffOptions = ReadingOptions;

/** The first difference between two journals. */
type Difference =
  /** An entry of both journals. */
  | ({
      readonly kind: 'entry';
      readonly sequence: bigint;
      readonly a: Side;
      readonly b: Side;
    } & EntryDifference)
  /** The journals begin at different sequences. */
  | { readonly kind: 'first-sequence'; readonly a: Side; readonly b: Side }
  /** One journal ends, the other continues. */
  | {
      readonly kind: 'prefix';
      readonly shorter: 'a' | 'b';
      readonly lastCommon: bigint | null;
      readonly next: Side;
    };

interface EntryDifference {
  /** Offset of the first byte that differs in the payloads; null if they are equal. */
  readonly payloadByte: number | null;
  /** Empty if the payloads hold the same values in another form; null if one of them cannot be decoded. */
  readonly fields: readonly FieldDifference[] | null;
}

interface Side {
  readonly sequence: bigint;
  readonly timestampNs: bigint;
  readonly segment: string | null;
  readonly offset: number | null;
}

export async function runDiff(
  { output, signal }: CommandContext,
  a: string,
  b: string,
  { liveOnly }: DiffOptions,
): Promise<ExitCode> {
  const one = await openRawJournal(a);
  try {
    const other = await openRawJournal(b);
    try {
      const options = { includeArchived: !liveOnly };
      const entriesOfA = naming(output, a, one.readFrom(0n, options));
      const entriesOfB = naming(output, b, other.readFrom(0n, options));
      const { equal, difference } = await compare(entriesOfA, entriesOfB, signal);
      output.result({ equal: difference === null, commonEntries: equal, difference }, () =>
        show(output, a, b, equal, difference),
      );
      return difference === null ? EXIT.ok : EXIT.found;
    } finally {
      await other.close();
    }
  } finally {
    await one.close();
  }
}

/** Names the journal in which a read failed. */
function* naming(output: Output, directory: string, entries: Iterable<JournalEntry>): Iterator<JournalEntry> {
  try {
    yield* entries;
  } catch (error) {
    output.note(`while reading ${directory}:`);
    throw error;
  }
}

async function compare(
  a: Iterator<JournalEntry>,
  b: Iterator<JournalEntry>,
  signal: AbortSignal,
): Promise<{ readonly equal: number; readonly difference: Difference | null }> {
  const pause = new CooperativeYield();
  let equal = 0;
  let lastCommon: bigint | null = null;
  try {
    for (;;) {
      const inA = a.next();
      const inB = b.next();
      if (inA.done === true && inB.done === true) return { equal, difference: null };
      if (inA.done === true || inB.done === true) {
        const next = (inA.done === true ? inB.value : inA.value) as JournalEntry;
        const shorter = inA.done === true ? 'a' : 'b';
        return { equal, difference: { kind: 'prefix', shorter, lastCommon, next: sideOf(next) } };
      }
      const difference = compareEntries(inA.value, inB.value);
      if (difference !== null) return { equal, difference };
      equal += 1;
      lastCommon = inA.value.sequenceNum;
      if (pause.isDueAfter(inA.value.payload.length)) await pause.run();
      signal.throwIfAborted();
    }
  } finally {
    a.return?.();
    b.return?.();
  }
}

function compareEntries(a: JournalEntry, b: JournalEntry): Difference | null {
  const sides = { a: sideOf(a), b: sideOf(b) };
  // Within a journal no sequence is missing, so only the first ones can differ.
  if (a.sequenceNum !== b.sequenceNum) return { kind: 'first-sequence', ...sides };
  const payloadByte = firstOtherByte(a.payload, b.payload);
  if (payloadByte === null && a.timestampNs === b.timestampNs) return null;
  const fields = compareFields(a, b);
  return { kind: 'entry', sequence: a.sequenceNum, ...sides, payloadByte, fields };
}

function sideOf({ sequenceNum, timestampNs, location }: JournalEntry): Side {
  const { segment = null, offset = null } = location ?? {};
  return { sequence: sequenceNum, timestampNs, segment, offset };
}

function show(output: Output, a: string, b: string, equal: number, difference: Difference | null): void {
  const { colors } = output;
  if (difference === null) {
    output.line(colors.green(`equal: ${formatCount(equal)} entries`));
    return;
  }
  if (difference.kind === 'prefix') {
    const { shorter, lastCommon, next } = difference;
    const [short, long] = shorter === 'a' ? [a, b] : [b, a];
    const end = lastCommon === null ? 'is empty' : `ends with sequence ${lastCommon}`;
    output.line(
      `${colors.red('different length')}: ${short} ${end}, ${long} continues with ${next.sequence}`,
    );
    output.line(`${formatCount(equal)} entries are equal`);
    return;
  }
  const what =
    difference.kind === 'entry' ? `sequence ${difference.sequence} differs` : 'different first sequence';
  output.line(`${colors.red(what)}; ${formatCount(equal)} entries before it are equal`);
  output.table(
    ['', 'JOURNAL', 'SEQUENCE', 'TIME', 'SEGMENT', 'OFFSET'],
    (['a', 'b'] as const).map((side) => {
      const { sequence, timestampNs, segment, offset } = difference[side];
      const place = [segment ?? '-', offset?.toString() ?? '-'];
      return [side, side === 'a' ? a : b, sequence.toString(), formatTime(timestampNs), ...place];
    }),
  );
  if (difference.kind === 'entry') showFields(output, difference);
}

/** More lines would not help to find the cause. */
const MAX_FIELDS = 50;

function showFields(output: Output, { payloadByte, fields }: EntryDifference): void {
  const { colors } = output;
  if (payloadByte === null) output.line('the payloads are equal, only the header differs');
  else if (fields === null)
    output.line(`a payload cannot be decoded; they differ from byte ${payloadByte} on`);
  else if (fields.length === 0)
    output.line(`the same values in another notation, from byte ${payloadByte} on`);
  for (const { path, a, b } of fields?.slice(0, MAX_FIELDS) ?? []) {
    const [from, to] = [a, b].map((text) => (text === null ? '(missing)' : terminalJson(text)));
    output.line(`${terminalJson(path)}: ${colors.red(from ?? '')} -> ${colors.green(to ?? '')}`);
  }
  const left = (fields?.length ?? 0) - MAX_FIELDS;
  if (left > 0) output.line(`… and ${left} more fields`);
}
