/**
 * What opening a journal for writing would do, without doing it: no lock, no repair, no write. It makes the
 * same decisions as recover/open-for-writing, with the same functions. It reads through the page cache;
 * opening reads from the device.
 */
import { JournalError, IoError } from '../../journal/index.js';
import { delay } from '../../common/index.js';
import { isNotFound, NotAFileError } from '../os/file-system.js';
import { CheckpointFile, type CheckpointState } from '../recover/checkpoint-file.js';
import { assertNewestThere, lastSequenceBefore } from '../recover/continuity.js';
import { scanSegment, type TailScan } from '../recover/tail-scan.js';
import { decideTail, tailEvidence, type TailDecision } from '../recover/torn-tail.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { SegmentFile } from '../segment/segment-file.js';
import { Segment } from '../segment/segment.js';
import { findEntriesAfter, type EntriesAfterDamage } from './entries-after-damage.js';

/** What opening would do. */
export type OpeningDecision =
  | TailDecision
  /** There is no segment: opening would create the first one. */
  | { readonly action: 'create' }
  /** Opening would fail, for another reason than the end of the newest segment. */
  | { readonly action: 'fail'; readonly error: JournalError };

export interface OpeningPlan {
  readonly decision: OpeningDecision;
  /** The live segments, ascending; empty if they cannot be listed. */
  readonly segments: readonly Segment[];
  /** The scan of the newest segment; null if it was not reached. */
  readonly scan: TailScan | null;
  /** Size of the newest segment; null if it was not reached. */
  readonly segmentSizeBytes: number | null;
  /** The last intact sequence; null if there is none, or it is not known. */
  readonly lastSequence: bigint | null;
  /** The state in the checkpoint file; null if there is none. */
  readonly bound: CheckpointState | null;
  /** Whether there is a checkpoint file: this engine has written the directory. */
  readonly isOurs: boolean;
  /** Intact entries after damage that a cut would remove; null if there is no damage. */
  readonly afterDamage: EntriesAfterDamage | null;
}

export interface OpeningPlanOptions {
  /** Whether to plan for `repair: 'cut'`. */
  readonly repair: boolean;
  /** The option of the journal. */
  readonly maxUnsyncedBytes: number;
}

/** A writer may rotate or archive between the listing and the opening of a file. */
const MAX_ATTEMPTS = 5;

/**
 * @throws (rejects) IoError (`JOURNAL_IO`) for what cannot be read
 */
export async function planOpening(
  directory: SegmentDirectory,
  options: OpeningPlanOptions,
): Promise<OpeningPlan> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await plan(directory, options);
    } catch (error) {
      if (!isNotFound(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Longer than a writer takes between the bytes of an entry and its length. */
export const SETTLE_MS = 50;

export interface SettledPlan {
  readonly plan: OpeningPlan;
  /** Whether the end of the journal moved while it was examined: a writer is active. */
  readonly isWriting: boolean;
}

/** The same beside a writer: a tail that changes for a moment is an unfinished write, and no damage. */
export async function planOpeningSettled(
  directory: SegmentDirectory,
  options: OpeningPlanOptions,
): Promise<SettledPlan> {
  let now = await planOpening(directory, options);
  let isWriting = false;
  for (let attempt = 1; attempt < MAX_ATTEMPTS && isDamage(now); attempt += 1) {
    await delay(SETTLE_MS);
    const before = now;
    now = await planOpening(directory, options);
    if (isSame(before, now)) break;
    isWriting = true;
  }
  return { plan: now, isWriting };
}

function isDamage({ decision }: OpeningPlan): boolean {
  return decision.action !== 'keep' && decision.action !== 'create';
}

function isSame(a: OpeningPlan, b: OpeningPlan): boolean {
  return (
    a.decision.action === b.decision.action &&
    a.segments.length === b.segments.length &&
    a.segments.at(-1)?.startSequence === b.segments.at(-1)?.startSequence &&
    a.scan?.endOffset === b.scan?.endOffset
  );
}

async function plan(
  directory: SegmentDirectory,
  { repair, maxUnsyncedBytes }: OpeningPlanOptions,
): Promise<OpeningPlan> {
  const { files } = directory;
  const checkpoint = new CheckpointFile(files, directory.path);
  const known = { segments: [] as readonly Segment[], bound: null as CheckpointState | null };
  const planned = (decision: OpeningDecision, rest: Partial<OpeningPlan> = {}): OpeningPlan => ({
    decision,
    ...known,
    scan: null,
    segmentSizeBytes: null,
    lastSequence: null,
    isOurs: checkpoint.exists,
    afterDamage: null,
    ...rest,
  });
  try {
    const starts = directory.listSegments();
    known.segments = starts.map((start) => new Segment(directory, start));
    known.bound = checkpoint.load();
    // Even for a repair: cutting cannot bring back a segment.
    assertNewestThere(checkpoint.path, starts, known.bound);
  } catch (error) {
    return planned({ action: 'fail', error: refusalOf(error) });
  }
  const newest = known.segments.at(-1);
  if (newest === undefined) return planned({ action: 'create' });
  const file = SegmentFile.openForReading(files, newest.path);
  try {
    const scan = await scanSegment(file, newest.promisedFirst, newest.index);
    const scanned = { scan, segmentSizeBytes: file.sizeBytes };
    let lastSequence = scan.lastSequence;
    try {
      lastSequence ??= await lastSequenceBefore(files, known.segments);
    } catch (error) {
      return planned({ action: 'fail', error: refusalOf(error) }, scanned);
    }
    const { bound } = known;
    const evidence = tailEvidence(
      file,
      newest.startSequence,
      { bound, isOurs: checkpoint.exists },
      maxUnsyncedBytes,
    );
    const decision = await decideTail(evidence, scan, repair);
    const isClean = decision.action === 'keep' || scan.end.clean;
    const afterDamage = isClean ? null : findEntriesAfter(file, newest.startSequence, scan);
    return planned(decision, { ...scanned, lastSequence, afterDamage: await afterDamage });
  } finally {
    file.close();
  }
}

/** The error with which opening would fail. What this process cannot read is another matter. */
function refusalOf(error: unknown): JournalError {
  const isRefusal =
    JournalError.isJournalError(error) && (!(error instanceof IoError) || error instanceof NotAFileError);
  if (!isRefusal) throw error;
  return error;
}
