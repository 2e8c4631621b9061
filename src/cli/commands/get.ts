import { firstEntryFrom } from '../../journal-kit/index.js';
import { SequenceNotFoundError, type JournalEntry } from '../../journal/index.js';
import type { CommandContext } from '../command.js';
import { DecodedPayload } from '../entries/decoded-payload.js';
import { aggregatesOf, describePayload, kindsOf } from '../entries/describe-entry.js';
import { createEntryWriter } from '../entries/entry-writer.js';
import type { EntryFormat } from '../entries/filter-options.js';
import { openRawJournal, type RawJournal } from '../entries/open-journal.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatTime } from '../format-values.js';
import { toJsonText } from '../json-text.js';
import type { Output } from '../output.js';

export interface GetOptions {
  readonly format: EntryFormat;
}

export async function runGet(
  { output }: CommandContext,
  directory: string,
  sequence: bigint,
  { format }: GetOptions,
): Promise<ExitCode> {
  const journal = await openRawJournal(directory);
  try {
    const entry = firstEntryFrom(journal, sequence);
    if (entry === null || entry.sequenceNum !== sequence) {
      reportMissing(output, sequence, journal);
      return EXIT.found;
    }
    if (format === 'jsonl' || output.isJson) {
      const writer = createEntryWriter(output, 'jsonl');
      writer.add(entry);
      await writer.flush();
    } else {
      showEntry(output, entry);
    }
    return EXIT.ok;
  } finally {
    await journal.close();
  }
}

function showEntry(output: Output, entry: JournalEntry): void {
  const { colors } = output;
  const { sequenceNum, timestampNs, storedCrc, location, payload } = entry;
  const decoded = new DecodedPayload(entry);
  const facts: [string, string][] = [
    ['sequence', sequenceNum.toString()],
    ['time', `${formatTime(timestampNs)}  (${timestampNs} ns)`],
    ['segment', `${location?.segment}, offset ${location?.offset}`],
    ['payload', `${payload.length} bytes, CRC-32 0x${storedCrc.toString(16).padStart(8, '0')}, intact`],
    ['command', kindsOf(decoded)],
    ...aggregatesOf(decoded).map((aggregate): [string, string] => ['aggregate', aggregate]),
  ];
  // The payload first: if it cannot be decoded, nothing is printed.
  const text = describePayload(entry, colors);
  for (const [name, value] of facts) output.line(`${colors.bold(name.padEnd(9))}  ${value}`);
  output.line(text);
}

function reportMissing(output: Output, sequence: bigint, journal: RawJournal): void {
  const first = firstEntryFrom(journal, 0n);
  const last = journal.lastSequence ?? first?.sequenceNum ?? null;
  const { code, message } = new SequenceNotFoundError(sequence, first?.sequenceNum ?? null, last);
  const text = `${message}: ${reasonFor(sequence, first, last)}`;
  output.note(output.isJson ? toJsonText({ error: { code, message: text } }) : `error: ${text} (${code})`);
}

/** The name of the first segment of a journal, whatever its first sequence is. */
const FIRST_SEGMENT = /^segment-0{20}\./;

function reasonFor(sequence: bigint, first: JournalEntry | null, last: bigint | null): string {
  if (first === null || last === null) return 'the journal is empty';
  if (sequence > last) return 'it is beyond the newest entry';
  if (sequence > first.sequenceNum) return 'its segment was moved away or deleted';
  return FIRST_SEGMENT.test(first.location?.segment ?? '')
    ? 'the journal begins after it'
    : 'its segment was archived, and then moved away or deleted';
}
