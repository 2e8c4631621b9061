/**
 * Finds the last entry of a backup: at or after everything that was acknowledged when the backup began, and
 * at or before everything that is certain to stay.
 *
 * Beside a writer, the files hold entries that a crash may still take away. Its checkpoint is a lower bound
 * of the durable ones, at most about a second old, so the backup waits until it covers what the files held at
 * the start. Without a writer, every intact entry counts, as for a recovery. A journal of orderbook-rs has
 * neither lock nor checkpoint.
 */
import { delay, monotonicMs } from '../../common/index.js';
import { InvalidDirectoryError, type JournalError } from '../../journal/index.js';
import { CheckpointFile, type CheckpointState } from '../recover/checkpoint-file.js';
import { assertNewestThere } from '../recover/continuity.js';
import { lockHolder } from '../recover/lock-holder.js';
import { scanSegment } from '../recover/tail-scan.js';
import { decideTail, tailEvidence } from '../recover/torn-tail.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { BackupNotDurableError } from './backup.errors.js';
import type { EndRule, JournalOrigin } from './manifest.js';
import { scanEntries } from './scan-entries.js';
import { contentOf, listSegments, openSegment, type FoundSegment } from './source-segments.js';

export interface ConsistentEnd {
  readonly rule: EndRule;
  readonly origin: JournalOrigin;
  /** Null for a journal without entries. */
  readonly lastSequence: bigint | null;
}

export interface WaitOptions {
  /** How long to wait for the checkpoint of a writer. */
  readonly waitMs: number;
  readonly onWaiting: () => void;
  readonly signal: AbortSignal | undefined;
}

const POLL_MS = 25;
/** A writer in another container or on another host is not in the list of locks, but its checkpoint moves. */
const INVISIBLE_WRITER_MS = 3_000;
/** How long a program that is writing may leave an entry incomplete. */
const SETTLE_MS = 50;
/** The default of the option `maxUnsyncedBytes`, with which a recovery would judge. */
const MAX_UNSYNCED_BYTES = 4 * 1024 * 1024;

/**
 * @throws (rejects) BackupNotDurableError (`JOURNAL_BACKUP_NOT_DURABLE`)
 * @throws (rejects) CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`), or another error of damage at the end
 * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
 */
export async function consistentEnd(
  directory: SegmentDirectory,
  options: WaitOptions,
): Promise<ConsistentEnd> {
  const checkpoint = new CheckpointFile(directory.files, directory.path);
  const seen = (await endOfNewest(directory, null)).lastSequence;
  const covering = await waitForCheckpoint(directory, checkpoint, seen, options);
  const origin = checkpoint.exists ? 'file-journal' : 'orderbook-rs';
  if (covering !== null) return { rule: 'checkpoint', origin, lastSequence: covering.lastSequence };
  return { rule: 'intact', origin, lastSequence: await lastIntact(directory, checkpoint) };
}

/**
 * Waits until the checkpoint covers `seen`.
 * @returns null if no process writes the journal
 */
async function waitForCheckpoint(
  directory: SegmentDirectory,
  checkpoint: CheckpointFile,
  seen: bigint | null,
  { waitMs, onWaiting, signal }: WaitOptions,
): Promise<CheckpointState | null> {
  const startedMs = monotonicMs();
  const initial = checkpoint.load()?.lastSequence;
  for (;;) {
    signal?.throwIfAborted();
    const state = checkpoint.load();
    if (state !== null && covers(state, seen)) return state;
    const holder = lockHolder(directory.path);
    const isWritten = (holder !== null && holder !== 'unknown') || state?.lastSequence !== initial;
    if (!isWritten && !checkpoint.exists) return null;
    const waitedMs = monotonicMs() - startedMs;
    if (waitedMs >= (isWritten ? waitMs : Math.min(waitMs, INVISIBLE_WRITER_MS))) {
      if (!isWritten || seen === null) return null;
      const durable = state?.lastSequence ?? null;
      throw new BackupNotDurableError(directory.path, seen, durable, Math.round(waitedMs));
    }
    onWaiting();
    await delay(POLL_MS);
  }
}

function covers({ lastSequence }: CheckpointState, seen: bigint | null): boolean {
  return seen === null || (lastSequence !== null && lastSequence >= seen);
}

/** The last intact entry of a journal that no process writes, or that orderbook-rs may be writing. */
async function lastIntact(directory: SegmentDirectory, checkpoint: CheckpointFile): Promise<bigint | null> {
  for (let before: NewestEnd | null = null; ;) {
    const end: NewestEnd = await endOfNewest(directory, checkpoint);
    if (end.damage === null) return end.lastSequence;
    if (before?.startSequence === end.startSequence && before.endOffset === end.endOffset) throw end.damage;
    before = end;
    await delay(SETTLE_MS); // a writer may be completing the entry
  }
}

interface NewestEnd {
  readonly startSequence: bigint;
  readonly endOffset: number;
  readonly lastSequence: bigint | null;
  /** Damage that is not a torn write; null if there is none, or if it was not asked for. */
  readonly damage: JournalError | null;
}

/** @param judgedBy the checkpoint by which damage is told from a torn write; null to ignore it */
async function endOfNewest(directory: SegmentDirectory, judgedBy: CheckpointFile | null): Promise<NewestEnd> {
  for (;;) {
    const newest = listSegments(directory).at(-1);
    if (newest === undefined)
      throw new InvalidDirectoryError(directory.path, 'it holds no journal: there is no segment in it');
    const found = openSegment(directory, newest.startSequence);
    if (found === null) continue; // deleted since it was listed
    try {
      return found.form === 'plain'
        ? await endOfPlain(directory, found, judgedBy)
        : await endOfCompressed(found);
    } finally {
      found.file.close();
    }
  }
}

async function endOfPlain(
  directory: SegmentDirectory,
  { startSequence, file }: FoundSegment,
  judgedBy: CheckpointFile | null,
): Promise<NewestEnd> {
  const scan = await scanSegment(file, startSequence === 0n ? null : startSequence);
  const end = {
    startSequence,
    endOffset: scan.endOffset,
    lastSequence: scan.lastSequence ?? before(startSequence),
  };
  if (judgedBy === null) return { ...end, damage: null };
  const state = judgedBy.load();
  assertNewestThere(judgedBy.path, [startSequence], state);
  const evidence = tailEvidence(
    file,
    startSequence,
    { bound: state, isOurs: judgedBy.exists },
    MAX_UNSYNCED_BYTES,
  );
  const decision = await decideTail(evidence, scan, false);
  const damage = decision.action === 'refuse' ? decision.corruption : null;
  return { ...end, damage };
}

/** A journal whose segments are all archived and compressed: there is no torn write in it. */
async function endOfCompressed({ startSequence, name, form, file }: FoundSegment): Promise<NewestEnd> {
  const source = contentOf(file, form);
  const { last, endOffset } = await scanEntries(source, {
    name,
    expected: startSequence === 0n ? null : startSequence,
  });
  return { startSequence, endOffset, lastSequence: last?.sequence ?? before(startSequence), damage: null };
}

/** The last sequence before an empty segment of this name. */
function before(startSequence: bigint): bigint | null {
  return startSequence === 0n ? null : startSequence - 1n;
}
