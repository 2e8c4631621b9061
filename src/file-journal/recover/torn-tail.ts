/**
 * Decides whether damage at the end of the newest segment is a torn write.
 *
 * A writer leaves at most `maxUnsyncedBytes` after the last completed sync, and any subset of these pages
 * may have reached the disk. So damage is a torn write if it is at or after the checkpoint and no valid
 * entry follows beyond that window. A torn write was never acknowledged as durable, and is cut. All other
 * damage is corruption: it is reported, and nothing is changed unless the caller asked for a repair.
 *
 * This engine has a durable checkpoint before its first entry. A directory without a checkpoint belongs to
 * another program, or has lost it. There, an intact entry anywhere after the damage makes it corruption.
 *
 * `decideTail` changes nothing, so that the command line can show what opening would cut; see cut-tail.
 */
import {
  CorruptEntryError,
  InvalidEntryHeaderError,
  U64_MAX,
  type EntryLocation,
  type RecoveredTail,
} from '../../journal/index.js';
import type { CheckpointState } from './checkpoint-file.js';
import {
  ENTRY_OVERHEAD_BYTES,
  HEADER_BYTES,
  LENGTH_BYTES,
  MIN_ENTRY_LENGTH,
} from '../format/entry-format.js';
import { EntryCursor } from '../segment/entry-cursor.js';
import type { SegmentFile } from '../segment/segment-file.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { sourceOf } from '../segment/segment-source.js';
import { cutTail, planCut, type TailCut } from './cut-tail.js';
import { lastNonZero, type TailScan } from './tail-scan.js';

/** What the decision depends on, besides the bytes of the segment. */
export interface TailEvidence {
  readonly file: SegmentFile;
  /** From the file name; 0 for the first segment, whatever its first entry is. */
  readonly startSequence: bigint;
  /** The bound for this segment; null if there is none. */
  readonly checkpoint: CheckpointState | null;
  /**
   * Whether a checkpoint file exists, with any content. Without one, the directory may belong to another
   * program.
   */
  readonly isOurs: boolean;
  /**
   * How far beyond the last sync a writer may have written: the larger of the present and the checkpoint's
   * limit.
   */
  readonly maxUnsyncedBytes: number;
  /** Whether the first entry was durable before the segment had its name, as with this engine. */
  readonly beginsDurably: boolean;
}

/** @param bound the state in the checkpoint file; null if there is none */
export function tailEvidence(
  file: SegmentFile,
  startSequence: bigint,
  { bound, isOurs }: { readonly bound: CheckpointState | null; readonly isOurs: boolean },
  maxUnsyncedBytes: number,
): TailEvidence {
  return {
    file,
    startSequence,
    checkpoint: bound !== null && bound.segmentStart === startSequence ? bound : null,
    isOurs,
    maxUnsyncedBytes: Math.max(maxUnsyncedBytes, bound?.maxUnsyncedBytes ?? 0),
    // orderbook-rs names a segment before it holds an entry, and leaves no checkpoint.
    beginsDurably: bound !== null && startSequence > 0n,
  };
}

/** What opening does with the end of the newest segment. */
export type TailDecision =
  | { readonly action: 'keep' }
  /** `corruption` is null for a torn write. Only a repair cuts corruption. */
  | { readonly action: 'cut'; readonly corruption: TailCorruption | null; readonly cut: TailCut }
  /** `isMisnamed`: the first entry contradicts the file name. A cut would remove the whole segment. */
  | { readonly action: 'refuse'; readonly corruption: TailCorruption; readonly isMisnamed: boolean };

export type TailCorruption = CorruptEntryError | InvalidEntryHeaderError;

/**
 * Decides what to do with the end of the newest segment. Changes nothing.
 * @param repair whether to cut corruption, too
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function decideTail(
  evidence: TailEvidence,
  scan: TailScan,
  repair: boolean,
): Promise<TailDecision> {
  const corruption = await findCorruption(evidence, scan);
  if (corruption === null && scan.end.clean) return { action: 'keep' };
  if (corruption !== null) {
    // A segment whose first entry contradicts its name is misnamed, not damaged: a cut would remove all of
    // it.
    const isMisnamed = !scan.end.clean && scan.end.step === 'misplaced' && scan.endOffset === 0;
    if (!repair || isMisnamed) return { action: 'refuse', corruption, isMisnamed };
  }
  return { action: 'cut', corruption, cut: await planCut(evidence.file, scan) };
}

export interface RecoveredSegment {
  readonly cut: RecoveredTail | null;
  /** Whether the cut was corruption, which only a repair cuts. */
  readonly repaired: boolean;
}

/**
 * Checks the end of the newest segment and cuts a torn write.
 * @param lowerCheckpoint lowers the checkpoint to the end of the intact data, durably. Called before
 * acknowledged entries are cut.
 * @throws CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`) or InvalidEntryHeaderError
 * (`JOURNAL_INVALID_ENTRY_HEADER`) for corruption; nothing is changed
 * @throws IoError (`JOURNAL_IO`)
 */
export async function recoverTail(
  directory: SegmentDirectory,
  evidence: TailEvidence,
  scan: TailScan,
  repair: boolean,
  lowerCheckpoint: () => Promise<void>,
): Promise<RecoveredSegment> {
  const decision = await decideTail(evidence, scan, repair);
  switch (decision.action) {
    case 'keep':
      return { cut: null, repaired: false };
    case 'refuse':
      throw decision.corruption;
    case 'cut': {
      const repaired = decision.corruption !== null;
      if (repaired) await lowerCheckpoint();
      return { cut: await cutTail(directory, evidence.file, decision.cut), repaired };
    }
  }
}

async function findCorruption(
  { file, startSequence, checkpoint, isOurs, maxUnsyncedBytes, beginsDurably }: TailEvidence,
  scan: TailScan,
): Promise<TailCorruption | null> {
  const location: EntryLocation = {
    segment: file.name,
    offset: scan.endOffset,
    sequence: scan.lastSequence === null ? null : scan.lastSequence + 1n,
  };
  if (!scan.end.clean && scan.end.step === 'misplaced') {
    return new InvalidEntryHeaderError(
      { ...location, sequence: cursorAt(file, scan.endOffset).sequenceNum },
      scan.end.reason,
    );
  }
  if (checkpoint !== null && scan.endOffset < checkpoint.durableOffset) {
    const bound = `the checkpoint says that everything before offset ${checkpoint.durableOffset} was durable`;
    return asCorruption(file, location, scan, bound);
  }
  if (scan.end.clean) return null;
  if (beginsDurably && scan.endOffset === 0) {
    return asCorruption(
      file,
      location,
      scan,
      'the first entry of a segment is durable before it has its name',
    );
  }
  const reach = isOurs ? Math.max(maxUnsyncedBytes, tornEntryBytes(file, scan)) : 1;
  const valid = await findValidEntry(file, startSequence, scan, scan.endOffset + reach);
  if (valid === null) return null;
  const evidence = isOurs
    ? `an entry follows at offset ${valid}, further than a torn write reaches`
    : `an intact entry follows at offset ${valid}, and without a checkpoint nothing shows that it was not acknowledged; ` +
      `restore the segment, or open once with repair: 'cut' to discard the entries after the damage`;
  return asCorruption(file, location, scan, evidence);
}

function asCorruption(
  file: SegmentFile,
  location: EntryLocation,
  scan: TailScan,
  evidence: string,
): TailCorruption {
  if (!scan.end.clean && scan.end.step === 'bad-crc') {
    const cursor = cursorAt(file, scan.endOffset);
    return new CorruptEntryError(
      { ...location, sequence: cursor.sequenceNum },
      cursor.storedCrc,
      cursor.computedCrc,
    );
  }
  const what = scan.end.clean ? 'the written data ends here' : scan.end.reason;
  return new InvalidEntryHeaderError(location, `${what}, but ${evidence}`);
}

function cursorAt(file: SegmentFile, offset: number): EntryCursor {
  const cursor = new EntryCursor(sourceOf(file), offset);
  cursor.advance();
  return cursor;
}

/** Limit of the bytes that are checksummed to find a valid entry, in segment sizes. */
const MAX_CHECKED_SEGMENTS = 2;

/**
 * Offset of the first entry at or after `from` that may continue the scan; null if there is none. Gives up at
 * an offset without an entry where too much data looks like entries.
 */
export async function findValidEntry(
  file: SegmentFile,
  startSequence: bigint,
  scan: TailScan,
  from: number,
): Promise<number | null> {
  const source = sourceOf(file);
  const dataEnd = await lastNonZero(file, scan.endOffset);
  if (dataEnd === null) return null;
  const lowest = scan.lastSequence === null ? startSequence : scan.lastSequence + 1n;
  const highest =
    lowest === 0n
      ? U64_MAX // a journal may start at any sequence
      : lowest + BigInt(Math.ceil((file.sizeBytes - scan.endOffset) / ENTRY_OVERHEAD_BYTES));
  let checkedBytes = 0;
  for (let offset = from; offset + ENTRY_OVERHEAD_BYTES <= file.sizeBytes && offset < dataEnd; offset += 1) {
    const index = source.locate(offset, HEADER_BYTES + 1);
    const { bytes } = source;
    // Payloads are JSON objects. Checked first, because it excludes nearly every offset.
    if (bytes[index + HEADER_BYTES] !== 0x7b) continue;
    const length = bytes.readUInt32LE(index);
    if (length < MIN_ENTRY_LENGTH || LENGTH_BYTES + length > file.sizeBytes - offset) continue;
    const sequence = bytes.readBigUInt64LE(index + LENGTH_BYTES);
    if (sequence < lowest || sequence > highest) continue;
    if (new EntryCursor(sourceOf(file), offset).advance() === 'entry') return offset;
    // Zeros follow a torn write. So much data that looks like entries is not a torn write, and would take
    // hours to check.
    checkedBytes += length;
    if (checkedBytes > MAX_CHECKED_SEGMENTS * file.sizeBytes) return offset;
  }
  return null;
}

/** Size of a torn entry that is larger than the window: it was written alone, and may contain any bytes. */
function tornEntryBytes(file: SegmentFile, scan: TailScan): number {
  if (scan.endOffset + ENTRY_OVERHEAD_BYTES > file.sizeBytes) return 0;
  const header = Buffer.alloc(HEADER_BYTES);
  file.read(header, scan.endOffset);
  const sizeBytes = LENGTH_BYTES + header.readUInt32LE(0);
  const sequence = header.readBigUInt64LE(LENGTH_BYTES);
  const continues = scan.lastSequence !== null && sequence === scan.lastSequence + 1n;
  return continues && sizeBytes <= file.sizeBytes - scan.endOffset ? sizeBytes : 0;
}
