import { IoError, JournalError, U64_MAX } from '../../journal/index.js';
import { parseBlockHeader } from '../format/archive-format.js';
import type { ArchiveCompression } from '../format/archive-name.js';
import { isNotFound } from '../os/file-system.js';
import { EntryCursor, isEntryAt } from '../segment/entry-cursor.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import type { SegmentSource } from '../segment/segment-source.js';
import { Segment } from '../segment/segment.js';
import type { JournalFile } from './journal-files.js';

/**
 * Where a segment is in its life: `active` is the newest, which the next append goes to; `sealed` ones no
 * longer change; `archived` and `compressed` ones no longer belong to the live journal.
 */
export type SegmentState = 'active' | 'sealed' | 'archived' | 'compressed';

/** One segment, as far as a few reads show it. What they do not show is null. */
export interface SegmentSummary {
  /** The file name. */
  readonly name: string;
  readonly state: SegmentState;
  readonly compression: ArchiveCompression | null;
  /** From the file name; 0 for the first segment, whatever its first entry is. */
  readonly startSequence: bigint;
  /** Sequence of the first entry, which was read. */
  readonly firstSequence: bigint | null;
  /** Sequence of the last entry; null if it is not known. */
  readonly lastSequence: bigint | null;
  /** Whether the last entry was read, or follows from the name of the next segment. */
  readonly lastSequenceFrom: 'entry' | 'next-segment' | null;
  /** The number of sequences from the first to the last. */
  readonly entries: bigint | null;
  /** Size of the file; of a compressed one, as compressed. */
  readonly sizeBytes: number;
  /** Space on the disk. */
  readonly diskBytes: number;
  /** Bytes of the entries; null if the end of the data is not known. */
  readonly dataBytes: number | null;
  readonly firstTimestampNs: bigint | null;
  readonly lastTimestampNs: bigint | null;
  /** Entries per second from the first entry to the last. */
  readonly entriesPerSecond: number | null;
  /** Damage that these reads met; null if they met none. They do not read everything. */
  readonly fault: SegmentFault | null;
}

export interface SegmentFault {
  /** Offset in the segment; null if the file cannot be read at all. */
  readonly offset: number | null;
  readonly message: string;
}

/** Bytes that may be stepped through to find the ends of segments without an index. */
export class StepBudget {
  private leftBytes = 64 * 1024 * 1024;

  /** Whether a segment of this size may be stepped through; takes the bytes if so. */
  allows(sizeBytes: number): boolean {
    if (sizeBytes > MAX_STEPPED_BYTES || sizeBytes > this.leftBytes) return false;
    this.leftBytes -= sizeBytes;
    return true;
  }
}

const MAX_STEPPED_BYTES = 4 * 1024 * 1024;

/** What is known about a segment before its file is read. */
export interface SegmentContext {
  readonly file: JournalFile;
  readonly state: SegmentState;
  /** Start sequence of the next segment in the directory; null if there is none. */
  readonly nextStart: bigint | null;
  /** The end of the data, and the index up to there, if the segment was scanned already. */
  readonly scanned: { readonly segment: Segment; readonly endOffset: number } | null;
}

/** Reads the first entry, and the last one where an index or the size makes that cheap. */
export function summarizeSegment(
  directory: SegmentDirectory,
  context: SegmentContext,
  budget: StepBudget,
): SegmentSummary {
  const { file, state, nextStart } = context;
  const startSequence = file.startSequence ?? 0n;
  const ends = readEnds(directory, context, startSequence, budget);
  const { first, last } = ends;
  const isFromName =
    last === null && !ends.isEmpty && nextStart !== null && nextStart > (first?.sequence ?? startSequence);
  const lastSequence = last?.sequence ?? (isFromName ? nextStart - 1n : null);
  return {
    name: file.name,
    state,
    compression: file.form === 'plain' ? null : file.form,
    startSequence,
    firstSequence: first?.sequence ?? null,
    lastSequence,
    lastSequenceFrom: last !== null ? 'entry' : isFromName ? 'next-segment' : null,
    entries: countOf(ends, lastSequence),
    sizeBytes: file.sizeBytes,
    diskBytes: file.diskBytes,
    dataBytes: ends.dataBytes,
    firstTimestampNs: first?.timestampNs ?? null,
    lastTimestampNs: last?.timestampNs ?? null,
    entriesPerSecond: rateOf(ends),
    fault: ends.fault,
  };
}

interface EntryEnd {
  readonly sequence: bigint;
  readonly timestampNs: bigint;
}

interface SegmentEnds {
  readonly first: EntryEnd | null;
  readonly last: EntryEnd | null;
  readonly isEmpty: boolean;
  readonly dataBytes: number | null;
  readonly fault: SegmentFault | null;
}

/** What this user may not read says nothing about the file. */
const NOT_PERMITTED = ['EACCES', 'EPERM'];
const UNKNOWN: SegmentEnds = { first: null, last: null, isEmpty: false, dataBytes: null, fault: null };

function readEnds(
  directory: SegmentDirectory,
  { file, state, scanned }: SegmentContext,
  startSequence: bigint,
  budget: StepBudget,
): SegmentEnds {
  if (!file.isFile) return { ...UNKNOWN, fault: { offset: null, message: 'it is not an ordinary file' } };
  const isLive = state === 'active' || state === 'sealed';
  const segment =
    scanned?.segment ??
    (isLive ? new Segment(directory, startSequence) : Segment.archived(directory, startSequence));
  try {
    if (state === 'compressed' && !isCompressedInBlocks(directory, file)) return UNKNOWN;
    const source = segment.openSource('positioned');
    try {
      return endsOf(segment, source, scanned?.endOffset ?? null, budget);
    } finally {
      source.close();
    }
  } catch (error) {
    if (!JournalError.isJournalError(error)) throw error;
    if (error instanceof IoError && NOT_PERMITTED.includes(error.osCode)) throw error;
    if (isNotFound(error)) return UNKNOWN; // moved away meanwhile
    return { ...UNKNOWN, fault: { offset: null, message: error.message } };
  }
}

/** Another program's file would be decompressed as a whole to read one entry. */
function isCompressedInBlocks(directory: SegmentDirectory, file: JournalFile): boolean {
  if (file.form === null || file.form === 'plain') return false;
  const { files } = directory;
  const filePath = directory.pathOf(file.name);
  const fd = files.openFile(filePath, 'read');
  try {
    const header = Buffer.alloc(Math.min(64, files.fileSize(fd, filePath)));
    files.read(fd, header, 0, filePath);
    return parseBlockHeader(file.form, header) !== null;
  } finally {
    files.closeFile(fd, filePath);
  }
}

function endsOf(
  segment: Segment,
  source: SegmentSource,
  endOffset: number | null,
  budget: StepBudget,
): SegmentEnds {
  const bound = endOffset ?? source.sizeBytes;
  const cursor = new EntryCursor(source, 0, bound);
  const step = cursor.advance();
  if (step === 'end') return { ...UNKNOWN, isEmpty: true, dataBytes: 0 };
  if (step !== 'entry') return { ...UNKNOWN, fault: faultAt(cursor, step) };
  const first = entryAt(cursor);
  const start = startOfLastStep(segment, source, bound);
  if (start === null && !budget.allows(bound)) return { ...UNKNOWN, first };
  return { first, isEmpty: false, ...stepToEnd(source, start ?? 0, bound) };
}

/** The last place of the index; null if there is none that the segment confirms. */
function startOfLastStep(segment: Segment, source: SegmentSource, bound: number): number | null {
  const place = segment.loadedIndex(source).floor(U64_MAX);
  if (place === null || place.offset >= bound) return null;
  return isEntryAt(source, place.sequence, place.offset, bound) ? place.offset : null;
}

function stepToEnd(
  source: SegmentSource,
  start: number,
  bound: number,
): Pick<SegmentEnds, 'last' | 'dataBytes' | 'fault'> {
  const cursor = new EntryCursor(source, start, bound, true);
  let last: EntryEnd | null = null;
  let step = cursor.advance();
  for (; step === 'entry'; step = cursor.advance()) last = entryAt(cursor);
  return step === 'end'
    ? { last, dataBytes: cursor.offset, fault: null }
    : { last: null, dataBytes: null, fault: faultAt(cursor, step) };
}

function entryAt({ sequenceNum, timestampNs }: EntryCursor): EntryEnd {
  return { sequence: sequenceNum, timestampNs };
}

function faultAt(cursor: EntryCursor, step: 'bad-crc' | 'bad-length'): SegmentFault {
  const message = step === 'bad-crc' ? 'the checksum does not match' : cursor.lengthFault;
  return { offset: cursor.offset, message };
}

function countOf({ first, isEmpty }: SegmentEnds, lastSequence: bigint | null): bigint | null {
  if (isEmpty) return 0n;
  if (first === null || lastSequence === null || lastSequence < first.sequence) return null;
  return lastSequence - first.sequence + 1n;
}

const NS_PER_SECOND = 1e9;

function rateOf({ first, last }: SegmentEnds): number | null {
  if (first === null || last === null || last.timestampNs <= first.timestampNs) return null;
  const seconds = Number(last.timestampNs - first.timestampNs) / NS_PER_SECOND;
  return Number(last.sequence - first.sequence) / seconds;
}
