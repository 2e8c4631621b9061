/** What an operator should know: turns what an inspection has read into findings. */
import { InvalidDirectoryError, InvalidEntryHeaderError } from '../../journal/index.js';
import type { LockHolder } from '../recover/lock-holder.js';
import type { TailCorruption } from '../recover/torn-tail.js';
import type { Finding } from './finding.js';
import type { JournalFile } from './journal-files.js';
import type { OpeningPlan, SettledPlan } from './opening-plan.js';
import type { SegmentSummary } from './segment-summary.js';

const RESTORE = 'restore the segment from a backup';

/** What opening the journal would do, if it is more than to open it. */
export function openingFindings(
  { plan, isWriting }: SettledPlan,
  writer: LockHolder | null | 'unknown',
  directory: string,
): Finding[] {
  const { decision, scan, bound } = plan;
  const newest = plan.segments.at(-1);
  if (decision.action === 'keep' || decision.action === 'create') return [];
  if (decision.action === 'fail') return [failure(plan, decision.error)];
  const file = newest?.name ?? null;
  const offset = scan?.endOffset ?? 0;
  const isBehind = isBehindCheckpoint(plan);
  const isStray = scan !== null && !scan.end.clean && scan.end.step === 'end';
  const isWritten = isWriting || (writer !== null && writer !== 'unknown');
  if (isStray && isWritten && !isBehind) {
    const message = `a write at the end is not complete`;
    return [note('unfinished-write', file, offset, message, 'nothing: the writer is still running')];
  }
  if (decision.action === 'cut' && decision.corruption === null) {
    const { lengthBytes, reason, quarantineName } = decision.cut;
    const which = plan.isOurs ? ', which were never acknowledged,' : '';
    const action = `open the journal: it cuts ${lengthBytes} bytes${which} and keeps them in ${quarantineName}`;
    // Without a checkpoint, a flipped bit in the last entry looks the same.
    const what = plan.isOurs ? 'the last write is torn' : 'the last write is torn, or was damaged later';
    return [damage('torn-tail', file, offset, `${what}: ${reason}`, action)];
  }
  const lost =
    isBehind && bound !== null && bound.lastSequence !== null
      ? `; entries up to sequence ${bound.lastSequence} were acknowledged`
      : '';
  const message = `${reasonOf(decision.corruption)}${lost}`;
  const action = `${RESTORE}; "file-journal repair ${directory} --dry-run" shows what cutting would lose`;
  return [damage(isBehind ? 'checkpoint-ahead' : 'corruption', file, offset, message, action)];
}

/** Whether the newest segment ends before entries that the checkpoint calls durable. */
export function isBehindCheckpoint({ scan, bound, segments }: OpeningPlan): boolean {
  const newest = segments.at(-1);
  if (scan === null || bound === null || newest === undefined) return false;
  return bound.segmentStart === newest.startSequence && scan.endOffset < bound.durableOffset;
}

function failure({ bound, segments }: OpeningPlan, error: Error): Finding {
  const newest = segments.at(-1);
  if (bound !== null && (newest === undefined || newest.startSequence < bound.segmentStart)) {
    const message =
      `the segment that starts at sequence ${bound.segmentStart} is missing, ` +
      `and with it entries up to sequence ${bound.lastSequence}, which were acknowledged`;
    const action = `${RESTORE}, or delete journal.checkpoint to continue without these entries`;
    return damage('missing-segment', null, null, message, action);
  }
  if (error instanceof InvalidEntryHeaderError) {
    return damage('corruption', error.segment, error.offset, error.reason, RESTORE);
  }
  const reason = error instanceof InvalidDirectoryError ? error.reason : error.message;
  return damage('cannot-open', null, null, `opening would fail: ${reason}`, 'remove the cause');
}

/** What is wrong, without the place and the advice that the error's message adds. */
function reasonOf(corruption: TailCorruption | null): string {
  if (corruption instanceof InvalidEntryHeaderError) return corruption.reason;
  return 'the checksum of an entry that was stored before does not match';
}

/** Damage that reading the ends of the segments met, and segments that do not follow each other. */
export function segmentFindings(
  segments: readonly SegmentSummary[],
  files: readonly JournalFile[],
): Finding[] {
  const found: Finding[] = [];
  for (const [index, segment] of segments.entries()) {
    if (segment.fault !== null && segment.state !== 'active') found.push(faultOf(segment, segment.fault));
    const next = segments[index + 1];
    if (next !== undefined) found.push(...continuityOf(segment, next));
  }
  if (segments.length > 0 && !segments.some(isLive)) {
    const message = 'there are archived segments, but no live one';
    found.push(damage('missing-segment', null, null, message, 'restore the newest segment from a backup'));
  }
  const byStart = new Map(segments.map((segment) => [segment.startSequence, segment]));
  for (const { name, kind, form, startSequence } of files) {
    const chosen = startSequence === null ? undefined : byStart.get(startSequence);
    if (chosen === undefined || chosen.name === name || startSequence === null) continue;
    const message = `${chosen.name} holds the same entries, and readers use that one`;
    const action =
      kind === 'archived' && form !== 'plain' && chosen.state === 'archived'
        ? 'nothing: the next compression replaces both'
        : 'compare the files, and move one of them away';
    found.push(note('duplicate-segment', name, null, message, action));
  }
  return found;
}

function isLive({ state }: SegmentSummary): boolean {
  return state === 'active' || state === 'sealed';
}

function faultOf(
  { name, state }: SegmentSummary,
  { offset, message }: { offset: number | null; message: string },
): Finding {
  if (offset === null) return damage('unreadable', name, null, message, RESTORE);
  const where = state === 'sealed' ? 'a sealed segment cannot be repaired by cutting: ' : '';
  return damage('corruption', name, offset, message, `${where}${RESTORE}`);
}

function continuityOf(segment: SegmentSummary, next: SegmentSummary): Finding[] {
  const { lastSequence, lastSequenceFrom } = segment;
  if (lastSequence === null || lastSequenceFrom !== 'entry') return [];
  const expected = lastSequence + 1n;
  if (expected === next.startSequence) return [];
  const range = `${expected} to ${next.startSequence - 1n}`;
  if (expected > next.startSequence) {
    const message = `it starts at sequence ${next.startSequence}, but ${segment.name} goes to ${lastSequence}`;
    return [damage('overlap', next.name, 0, message, 'move the segment of another history away')];
  }
  if (!isLive(segment)) {
    const message = `sequences ${range} are in no archived segment here`;
    return [
      warning('archive-gap', segment.name, message, 'move the missing archived segments back to read them'),
    ];
  }
  return [damage('missing-segment', segment.name, null, `sequences ${range} are missing after it`, RESTORE)];
}

/** Whether the next segment will fit on the disk. */
export function spaceFindings(
  segmentSizeBytes: number | null,
  files: readonly JournalFile[],
  freeBytes: number,
): Finding[] {
  if (segmentSizeBytes === null) return [];
  const preparedBytes = files.find(({ kind }) => kind === 'prepared')?.diskBytes ?? 0;
  if (freeBytes + preparedBytes >= segmentSizeBytes) return [];
  const message = `the next segment needs ${segmentSizeBytes} bytes, and ${freeBytes} are free`;
  return [warning('low-disk-space', null, message, 'free disk space before the newest segment is full')];
}

/** Files that are not ordinary, are left over, or keep what was cut. */
export function fileFindings(
  files: readonly JournalFile[],
  writer: LockHolder | null | 'unknown',
): Finding[] {
  return files.flatMap((file): Finding[] => {
    const { name, kind, isFile } = file;
    if (!isFile) {
      if (kind === 'other') return [];
      const severity = kind === 'segment' || kind === 'checkpoint' ? 'damage' : 'warning';
      const message = 'it has a name of the journal, but is not an ordinary file';
      return [{ severity, code: 'not-a-file', file: name, offset: null, message, action: 'move it away' }];
    }
    if (kind === 'quarantine') {
      const message = 'it keeps bytes that recovery or a repair cut';
      return [note('quarantine', name, null, message, 'delete it once these bytes are not needed')];
    }
    const isTemporary = kind === 'prepared' || kind === 'compressing' || kind === 'temporary';
    if (isTemporary && writer === null) {
      const message = 'a writer that was stopped left it, or a writer in another container uses it';
      return [note('leftover', name, null, message, 'nothing: the next writer removes or replaces it')];
    }
    return [];
  });
}

type Code = Finding['code'];

function damage(
  code: Code,
  file: string | null,
  offset: number | null,
  message: string,
  action: string,
): Finding {
  return { severity: 'damage', code, file, offset, message, action };
}

function note(
  code: Code,
  file: string | null,
  offset: number | null,
  message: string,
  action: string,
): Finding {
  return { severity: 'note', code, file, offset, message, action };
}

function warning(code: Code, file: string | null, message: string, action: string): Finding {
  return { severity: 'warning', code, file, offset: null, message, action };
}
