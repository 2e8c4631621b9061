import { delay } from '../../common/index.js';
import { measureStorage } from '../measure-storage.js';
import { resolveOptions } from '../options.js';
import { lockHolder, type LockHolder } from '../recover/lock-holder.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import type { Finding } from './finding.js';
import { assertHoldsJournal, withDirectory, type InspectOptions } from './inspected-directory.js';
import { listJournalFiles, type JournalFile } from './journal-files.js';
import { fileFindings, openingFindings, segmentFindings, spaceFindings } from './journal-findings.js';
import { planOpeningSettled, SETTLE_MS, type OpeningPlan } from './opening-plan.js';
import { StepBudget, summarizeSegment, type SegmentSummary } from './segment-summary.js';

/** What a few reads show of a journal directory. */
export interface JournalInspection {
  /** Absolute path. */
  readonly directory: string;
  /** Whether there is a checkpoint file. Without one, another program has written the directory. */
  readonly isOurs: boolean;
  /** The writer, if this process can see it; `unknown` if the system does not say. */
  readonly writer: LockHolder | null | 'unknown';
  /** Archived segments first, then the live ones, in the order of their sequences. */
  readonly segments: readonly SegmentSummary[];
  /** All other files. */
  readonly files: readonly JournalFile[];
  /** The first sequence in the live segments; null if there is none. */
  readonly firstSequence: bigint | null;
  /** The last intact sequence; null if there is none. */
  readonly lastSequence: bigint | null;
  /** The last sequence in the writer's checkpoint, which is durable; null if there is none. */
  readonly durableSequence: bigint | null;
  /** Space of the directory and its folders on the disk. */
  readonly usage: { readonly diskBytes: number; readonly freeBytes: number; readonly totalBytes: number };
  readonly findings: readonly Finding[];
}

/**
 * Inspects a journal directory beside a running writer or without one. Takes no lock and writes nothing.
 * Reads the newest segment as a whole, as opening does, and only the ends of the others: `verifyIntegrity`
 * reads everything.
 * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`) also if there is no journal
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function inspectJournal(options: InspectOptions): Promise<JournalInspection> {
  return withDirectory(options, inspect);
}

async function inspect(directory: SegmentDirectory): Promise<JournalInspection> {
  assertHoldsJournal(directory);
  const writer = lockHolder(directory.path);
  const { maxUnsyncedBytes } = resolveOptions({ directory: directory.path });
  const settled = await planOpeningSettled(directory, { repair: false, maxUnsyncedBytes });
  const { plan } = settled;
  // After that: the writer may have rotated while its newest segment was read.
  const { files: now, segments, findings: onSegments } = await summarizeSettled(directory, plan);
  const { sizeBytes, freeBytes, totalBytes } = await measureStorage(
    directory.path,
    plan.segmentSizeBytes ?? 0,
  );
  const onFiles = fileFindings(now, writer);
  const onOpening = openingFindings(settled, writer, directory.path);
  const isExplained = onFiles.some(({ code, severity }) => code === 'not-a-file' && severity === 'damage');
  const live = segments.filter(({ state }) => state === 'active' || state === 'sealed');
  return {
    directory: directory.path,
    isOurs: plan.isOurs,
    writer,
    segments,
    files: now.filter(({ kind }) => kind !== 'segment' && kind !== 'archived'),
    firstSequence: live.find(({ firstSequence }) => firstSequence !== null)?.firstSequence ?? null,
    lastSequence: plan.lastSequence,
    durableSequence: plan.bound?.lastSequence ?? null,
    usage: { diskBytes: sizeBytes, freeBytes, totalBytes },
    findings: [
      ...(isExplained ? onOpening.filter(({ code }) => code !== 'cannot-open') : onOpening),
      ...onSegments,
      ...spaceFindings(plan.segmentSizeBytes, now, freeBytes),
      ...onFiles,
    ],
  };
}

interface SettledSummaries {
  readonly files: readonly JournalFile[];
  readonly segments: readonly SegmentSummary[];
  readonly findings: readonly Finding[];
}

/** For a writer that archives or compresses at every listing. */
const MAX_LISTINGS = 5;

/**
 * Lists and summarizes the segments. A file that is renamed during a listing may be in none of its two
 * places. So while the names change, a finding counts only if every listing shows it.
 */
async function summarizeSettled(directory: SegmentDirectory, plan: OpeningPlan): Promise<SettledSummaries> {
  let files = await listJournalFiles(directory);
  let segments = summarizeAll(directory, files, plan);
  let findings = segmentFindings(segments, files);
  for (let listing = 2; findings.length > 0 && listing <= MAX_LISTINGS; listing += 1) {
    await delay(SETTLE_MS);
    const before = files;
    files = await listJournalFiles(directory);
    if (haveSameNames(files, before)) break;
    segments = summarizeAll(directory, files, plan);
    const seen = segmentFindings(segments, files);
    findings = findings.filter((one) => seen.some((other) => isSame(one, other)));
  }
  return { files, segments, findings };
}

function haveSameNames(a: readonly JournalFile[], b: readonly JournalFile[]): boolean {
  return a.length === b.length && a.every(({ name }, index) => name === b[index]?.name);
}

function isSame(a: Finding, b: Finding): boolean {
  return a.code === b.code && a.file === b.file && a.offset === b.offset && a.message === b.message;
}

/** One summary per start sequence: the live file, or the archived form that readers use. */
function summarizeAll(
  directory: SegmentDirectory,
  files: readonly JournalFile[],
  plan: OpeningPlan,
): SegmentSummary[] {
  const chosen = chosenFiles(files);
  const newestLive = chosen.findLast(({ kind }) => kind === 'segment');
  const budget = new StepBudget();
  return chosen.map((file, index) => {
    const next = chosen[index + 1];
    const scannedSegment = plan.segments.at(-1);
    const isScanned =
      file.kind === 'segment' && plan.scan !== null && scannedSegment?.startSequence === file.startSequence;
    const state =
      file === newestLive
        ? 'active'
        : file.kind === 'segment'
          ? 'sealed'
          : file.form === 'plain'
            ? 'archived'
            : 'compressed';
    return summarizeSegment(
      directory,
      {
        file,
        state,
        nextStart: next?.startSequence ?? null,
        scanned:
          isScanned && file === newestLive
            ? { segment: scannedSegment, endOffset: plan.scan.endOffset }
            : null,
      },
      budget,
    );
  });
}

/** Archived segments and then live ones. Of several files with one start, the one that readers use. */
export function chosenFiles(files: readonly JournalFile[]): JournalFile[] {
  const byStart = new Map<bigint, JournalFile>();
  const ranks = ['segment', 'plain', 'gzip', 'zstd'];
  const rankOf = ({ kind, form }: JournalFile): number => ranks.indexOf(form ?? kind);
  for (const file of files) {
    if (file.startSequence === null) continue;
    const other = byStart.get(file.startSequence);
    if (other === undefined || rankOf(file) < rankOf(other)) byStart.set(file.startSequence, file);
  }
  const isLive = ({ kind }: JournalFile): number => (kind === 'segment' ? 1 : 0);
  return [...byStart.values()].sort(
    (a, b) => isLive(a) - isLive(b) || ((a.startSequence ?? 0n) < (b.startSequence ?? 0n) ? -1 : 1),
  );
}
