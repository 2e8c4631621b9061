/**
 * Repairs a journal that cannot be opened: cuts the newest segment at the first damage, and keeps the bytes.
 *
 * The plan and the repair use the decision of opening (recover/torn-tail), so they cannot disagree. A repair
 * is an opening with `repair: 'cut'` that ends before anything else is written.
 */
import {
  InvalidArgumentError,
  type IntegrityError,
  type JournalError,
  type RecoveryReport,
} from '../../journal/index.js';
import { jsonCodec } from '../../serialization/index.js';
import { resolveOptions } from '../options.js';
import { verifyJournal } from '../read/integrity.js';
import type { VerifyListener } from '../read/verify-progress.js';
import type { TailCut } from '../recover/cut-tail.js';
import { lockHolder, type LockHolder } from '../recover/lock-holder.js';
import { openForWriting } from '../recover/open-for-writing.js';
import { Segment } from '../segment/segment.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import type { EntriesAfterDamage } from './entries-after-damage.js';
import { assertHoldsJournal, withDirectory, type InspectOptions } from './inspected-directory.js';
import { isBehindCheckpoint } from './journal-findings.js';
import { accessOfJournal } from './journal-owner.js';
import { planOpeningSettled, type OpeningPlan } from './opening-plan.js';

/** What a repair does to one directory. */
export interface RepairPlan {
  /** Absolute path. */
  readonly directory: string;
  /** The process that holds the lock. It has to end before a repair. */
  readonly writer: LockHolder | null | 'unknown';
  /** Whether the end of the journal moved meanwhile: a writer is active, even if it holds no lock. */
  readonly isWriting: boolean;
  /**
   * `none`: the end of the journal is intact. `cut`: the end can be cut. `impossible`: no cut helps; `reason`
   * says why.
   */
  readonly action: 'none' | 'cut' | 'impossible';
  readonly reason: string | null;
  readonly cut: PlannedCut | null;
  /** The last sequence after the repair; null if there is none, or it is not known. */
  readonly lastSequence: bigint | null;
  /**
   * Faults before the place of the cut, which a repair leaves; null if the segments before it were not read.
   */
  readonly otherFaults: readonly IntegrityError[] | null;
}

/** The bytes that a repair removes from the newest segment. */
export interface PlannedCut {
  readonly segment: string;
  readonly offset: number;
  /** Number of bytes from `offset` to the last byte that is not zero. */
  readonly lengthBytes: number;
  /** Why these bytes are not an entry. */
  readonly reason: string;
  /** Name of the file that keeps the bytes; null if all of them are zero. */
  readonly quarantineFile: string | null;
  /**
   * True for what opening takes for a torn write and cuts by itself. No acknowledged entry is lost, unless
   * `mayBeAcknowledged`.
   */
  readonly isTornWrite: boolean;
  /**
   * Whether nothing shows that the cut entry was not acknowledged: there is no checkpoint, and a flipped bit
   * in the last entry of orderbook-rs looks like a torn write.
   */
  readonly mayBeAcknowledged: boolean;
  /** The first sequence that is lost; null if it is not known. */
  readonly firstLostSequence: bigint | null;
  /** The last sequence that was acknowledged according to the checkpoint, if it is lost; null otherwise. */
  readonly lastAcknowledgedSequence: bigint | null;
  /** Intact entries after the damage. They are lost, too. */
  readonly entriesAfter: EntriesAfterDamage;
}

/**
 * Plans a repair. Takes no lock and changes nothing.
 * @param onProgress called while the segments before the cut are verified; without it they are not read
 * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function planRepair(options: InspectOptions, onProgress?: VerifyListener): Promise<RepairPlan> {
  return withDirectory(options, async (directory) => {
    assertHoldsJournal(directory);
    const { maxUnsyncedBytes } = resolveOptions({ directory: directory.path });
    const { plan: opening, isWriting } = await planOpeningSettled(directory, {
      repair: true,
      maxUnsyncedBytes,
    });
    const writer = lockHolder(directory.path);
    const plan = fromOpening(directory.path, opening, { writer, isWriting });
    if (onProgress === undefined) return plan;
    return { ...plan, otherFaults: await faultsBefore(directory, opening, onProgress) };
  });
}

/** The result of a repair: the plan, and what was done; null if there was nothing to cut. */
export interface RepairResult {
  readonly plan: RepairPlan;
  readonly recovery: RecoveryReport | null;
}

/**
 * Cuts what {@link planRepair} shows, and keeps the bytes in a quarantine file. Holds the lock of the
 * directory meanwhile. Afterwards the journal can be opened. If there is nothing to cut, nothing is touched.
 * @throws (rejects) JournalLockedError (`JOURNAL_LOCKED`) if a writer holds the lock
 * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) if root would leave files that the
 * owner of the journal cannot use
 * @throws (rejects) IoError (`JOURNAL_IO`), `ENOSPC` if the quarantine file does not fit; nothing is cut
 */
export async function applyRepair(options: InspectOptions): Promise<RepairResult> {
  const plan = await planRepair(options);
  if (plan.action !== 'cut') return { plan, recovery: null };
  if (plan.isWriting) throw beingWritten(plan.directory);
  const access = await accessOfJournal(plan.directory);
  const resolved = resolveOptions({ ...options, access, lockTimeoutMs: 0, repair: 'cut' });
  const opened = await openForWriting(resolved);
  try {
    opened.active.file.close();
    await opened.nextSegment.close();
    await opened.indexes.close();
  } finally {
    opened.checkpoint.close();
    opened.directory.close();
  }
  return { plan, recovery: opened.recovery };
}

function beingWritten(directory: string): InvalidArgumentError {
  const message = `${directory} is being written by a process that holds no lock; stop it first`;
  return new InvalidArgumentError('directory', directory, 'a journal without a writer', message);
}

function fromOpening(
  directory: string,
  opening: OpeningPlan,
  activity: Pick<RepairPlan, 'writer' | 'isWriting'>,
): RepairPlan {
  const { decision, lastSequence } = opening;
  const plan = { directory, ...activity, reason: null, cut: null, lastSequence, otherFaults: null };
  switch (decision.action) {
    case 'keep':
    case 'create':
      return { ...plan, action: 'none' };
    case 'fail':
      return { ...plan, action: 'impossible', reason: decision.error.message };
    case 'refuse':
      return { ...plan, action: 'impossible', reason: decision.corruption.message };
    case 'cut':
      return { ...plan, action: 'cut', cut: plannedCut(opening, decision) };
  }
}

const NO_ENTRIES: EntriesAfterDamage = {
  count: 0,
  firstSequence: null,
  lastSequence: null,
  isComplete: true,
};

function plannedCut(
  opening: OpeningPlan,
  { cut, corruption }: { readonly cut: TailCut; readonly corruption: JournalError | null },
): PlannedCut {
  const { segments, lastSequence, bound, afterDamage } = opening;
  const acknowledged = isBehindCheckpoint(opening) ? (bound?.lastSequence ?? null) : null;
  const { offset, lengthBytes, reason, quarantineName } = cut;
  return {
    segment: segments.at(-1)?.name ?? '',
    offset,
    lengthBytes,
    reason,
    quarantineFile: quarantineName,
    isTornWrite: corruption === null,
    mayBeAcknowledged: corruption !== null || !opening.isOurs,
    firstLostSequence: lastSequence === null ? null : lastSequence + 1n,
    lastAcknowledgedSequence: acknowledged,
    entriesAfter: afterDamage ?? NO_ENTRIES,
  };
}

/** Verifies everything before the place of the cut. */
async function faultsBefore(
  directory: SegmentDirectory,
  { segments, scan }: OpeningPlan,
  onProgress: VerifyListener,
): Promise<readonly IntegrityError[]> {
  const report = await verifyJournal({
    segments: segments.map(({ startSequence }) => new Segment(directory, startSequence)),
    endOffset: scan?.endOffset ?? null,
    reader: 'positioned',
    codec: jsonCodec(),
    isClosed: () => false,
    onProgress,
  });
  return report.errors;
}
