import { createReadStream } from 'node:fs';
import { FileJournal } from '../../file-journal/index.js';
import {
  U64_MAX,
  DeserializationError,
  IoError,
  JournalError,
  type SequencerEvent,
} from '../../journal/index.js';
import { decodeUtf8 } from '../../common/index.js';
import { parseJsonCarefully, statedHeader } from '../../serialization/index.js';
import type { CommandContext } from '../command.js';
import { NewDirectory } from '../entries/new-directory.js';
import { RAW_CODEC, rawEvent } from '../entries/raw-codec.js';
import { readLines, type Line } from '../entries/read-lines.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatCount } from '../format-values.js';
import { osCodeOf } from '../new-file.js';

export interface ImportOptions {
  readonly segmentSize?: number;
}

interface Imported {
  readonly entries: number;
  readonly firstSequence: bigint | null;
  readonly lastSequence: bigint | null;
}

const DEFAULT_SEGMENT_BYTES = 256 * 1024 * 1024;

export async function runImport(
  { output, signal, stdin }: CommandContext,
  file: string,
  directory: string,
  { segmentSize = DEFAULT_SEGMENT_BYTES }: ImportOptions,
): Promise<ExitCode> {
  const source = file === '-' ? (stdin as AsyncIterable<Uint8Array>) : await openSource(file);
  const name = file === '-' ? 'stdin' : file;
  const target = await NewDirectory.create(directory, 'importing');
  try {
    const imported = await write(source, name, target.path, segmentSize, signal);
    await verify(target.path, imported);
    await target.complete();
    output.result({ directory, ...imported }, () =>
      output.line(`${formatCount(imported.entries)} entries imported into ${directory}${rangeOf(imported)}`),
    );
    return EXIT.ok;
  } finally {
    await target.discard();
  }
}

function rangeOf({ firstSequence, lastSequence }: Imported): string {
  return firstSequence === null ? '' : `, sequences ${firstSequence} to ${lastSequence}`;
}

async function openSource(file: string): Promise<AsyncIterable<Uint8Array>> {
  const stream = createReadStream(file, { highWaterMark: 256 * 1024 });
  await new Promise<void>((resolve, reject) => {
    stream.once('ready', resolve).once('error', (cause) => {
      reject(new IoError('open', file, osCodeOf(cause), { cause }));
    });
  });
  return stream;
}

async function write(
  source: AsyncIterable<Uint8Array>,
  name: string,
  directory: string,
  segmentSizeBytes: number,
  signal: AbortSignal,
): Promise<Imported> {
  const journal = await FileJournal.open({
    directory,
    codec: RAW_CODEC,
    segmentSizeBytes,
    // `close` syncs, and no caller relies on an entry before that.
    durability: 'async',
  });
  let entries = 0;
  let firstSequence: bigint | null = null;
  try {
    for await (const lines of linesOf(source, name, segmentSizeBytes)) {
      signal.throwIfAborted();
      let next = journal.nextSequence;
      const events: SequencerEvent<null, null>[] = [];
      for (const line of lines) {
        const event = eventOf(line, name, entries > 0 || events.length > 0 ? next : 'any');
        next = event.sequenceNum === U64_MAX ? null : event.sequenceNum + 1n;
        firstSequence ??= event.sequenceNum;
        events.push(event);
      }
      await appendAll(journal, events, name, lines);
      entries += events.length;
    }
    return { entries, firstSequence, lastSequence: journal.lastSequence };
  } finally {
    await journal.close();
  }
}

async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  name: string,
  maxBytes: number,
): AsyncIterable<readonly Line[]> {
  try {
    yield* readLines(source, maxBytes);
  } catch (cause) {
    if (JournalError.isJournalError(cause)) throw cause;
    throw new IoError('read', name, osCodeOf(cause), { cause });
  }
}

async function appendAll(
  journal: FileJournal<null, null>,
  events: readonly SequencerEvent<null, null>[],
  name: string,
  lines: readonly Line[],
): Promise<void> {
  try {
    await journal.appendBatch(events);
  } catch (error) {
    if (!JournalError.isJournalError(error) || error.code !== 'JOURNAL_ENTRY_TOO_LARGE') throw error;
    const largest = lines.reduce((one, other) => (other.bytes.length > one.bytes.length ? other : one));
    throw wrongLine(name, largest.number, `${error.message}; use a larger --segment-size`);
  }
}

/** @param expected the sequence it must have; null after the last possible one */
function eventOf(line: Line, name: string, expected: bigint | null | 'any'): SequencerEvent<null, null> {
  const { bytes, number } = line;
  if (bytes[0] !== OPEN || bytes.at(-1) !== CLOSE) {
    const isWindows = bytes.at(-1) === CARRIAGE_RETURN ? '; it ends with a carriage return' : '';
    throw wrongLine(name, number, `it is not one JSON object${isWindows}`);
  }
  try {
    const { sequenceNum, timestampNs } = statedHeader(parseJsonCarefully(decodeUtf8(bytes), 'bigints'));
    if (expected !== 'any' && sequenceNum !== expected) {
      throw new DeserializationError(`it has sequence ${sequenceNum}, and ${expected ?? 'none'} must follow`);
    }
    return rawEvent(sequenceNum, timestampNs, bytes);
  } catch (error) {
    if (error instanceof DeserializationError) throw wrongLine(name, number, error.reason);
    throw error;
  }
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const CARRIAGE_RETURN = 0x0d;

function wrongLine(name: string, number: number, reason: string): DeserializationError {
  return new DeserializationError(`line ${number} of ${name}: ${reason}; nothing was imported`);
}

/** Reads back what was written. */
async function verify(directory: string, { entries, lastSequence }: Imported): Promise<void> {
  const journal = await FileJournal.openReadOnly({ directory, codec: RAW_CODEC });
  try {
    const report = await journal.verifyIntegrity();
    if (report.ok && Number(report.entries) === entries && report.lastSequence === lastSequence) return;
    const [fault] = report.errors;
    throw new IoError('verify', directory, 'EIO', {
      hint: `the imported entries read back differently${fault === undefined ? '' : `: ${fault.message}`}`,
    });
  } finally {
    await journal.close();
  }
}
