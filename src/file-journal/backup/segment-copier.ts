import { ReplayGapError, InvalidEntryHeaderError, type JournalError } from '../../journal/index.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { CorruptBackupError } from './backup.errors.js';
import type { BackupDirectory } from './backup-directory.js';
import type { ConsistentEnd } from './consistent-end.js';
import { copyLast, copySealed } from './copy-segment.js';
import { assertSameFirst, assertSameHistory } from './history.js';
import type { ManifestSegment } from './manifest.js';
import { ProgressMeter, type WorkOptions } from './progress.js';
import { listSegments, openSegment, type ListedSegment } from './source-segments.js';

export interface CopiedSegments {
  readonly end: ConsistentEnd;
  /** Without gaps, up to the end of the backup. */
  readonly segments: readonly ManifestSegment[];
  readonly copied: number;
  readonly bytesCopied: number;
}

/** The journal changed in a way that only a new listing shows; `error` is the reason if it stays so. */
interface Changed {
  readonly error: JournalError;
}

/** Each try lists the segments again. A segment that was copied in an earlier try is not copied again. */
const MAX_TRIES = 8;

/** Copies the segments of one run of a backup. */
export class SegmentCopier {
  /** Complete copies of sealed segments, by start sequence. */
  private readonly done = new Map<bigint, ManifestSegment>();

  constructor(
    private readonly source: SegmentDirectory,
    private readonly backup: BackupDirectory,
    /** Finds the end; later calls give the same one, or a later one. */
    private readonly findEnd: () => Promise<ConsistentEnd>,
    private readonly includeArchived: boolean,
    private readonly options: WorkOptions,
  ) {}

  /**
   * @throws (rejects) BackupHistoryError (`JOURNAL_BACKUP_HISTORY`)
   * @throws (rejects) CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`) or another error of damage in the journal
   * @throws (rejects) ReplayGapError (`JOURNAL_REPLAY_GAP`) if a segment in the middle is missing
   * @throws (rejects) CorruptBackupError (`JOURNAL_CORRUPT_BACKUP`)
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async run(): Promise<CopiedSegments> {
    for (let tries = 1; ; tries += 1) {
      // Again in each try: the segment with the end may be gone, if its entries were archived meanwhile.
      const end = await this.findEnd();
      if (tries === 1) await assertSameHistory(this.source, this.backup, end);
      const result = await this.copyAll(end);
      if (!('error' in result)) return this.report(end, result);
      if (tries === MAX_TRIES) throw result.error;
    }
  }

  private async copyAll(end: ConsistentEnd): Promise<ManifestSegment[] | Changed> {
    const listed = this.included(end);
    const kept = this.keptBefore(listed[0]?.startSequence ?? 0n);
    const reused = await this.reusable(listed, end);
    if ('error' in reused) return reused;
    const meter = new ProgressMeter('copying', this.bytesToCopy(listed, reused), this.options);
    const segments: ManifestSegment[] = [...kept];
    for (const [index, { startSequence }] of listed.entries()) {
      const isLast = index === listed.length - 1;
      const segment =
        reused.get(startSequence) ??
        (isLast
          ? await this.copyLast(startSequence, end, meter)
          : await this.copySealed(startSequence, meter));
      if ('error' in segment) return segment;
      segments.push(segment);
    }
    const gap = findGap(segments);
    return gap === null ? withRoles(segments) : { error: gap };
  }

  /**
   * The listed segments that the backup includes. Without archived ones, it still includes those that connect
   * earlier copies with the live ones, and the one that was archived with the end in it.
   */
  private included({ lastSequence }: ConsistentEnd): ListedSegment[] {
    const oldest = this.backup.manifest?.segments[0]?.startSequence ?? null;
    return listSegments(this.source)
      .filter(({ startSequence }) => startSequence <= (lastSequence ?? 0n))
      .filter(
        ({ startSequence, isLive }, index, { length }) =>
          isLive ||
          this.includeArchived ||
          index === length - 1 ||
          (oldest !== null && startSequence >= oldest),
      );
  }

  /**
   * Earlier copies of segments that the journal no longer has: deleting them there is no reason to lose them.
   */
  private keptBefore(first: bigint): ManifestSegment[] {
    const kept = (this.backup.manifest?.segments ?? []).filter(({ startSequence }) => startSequence < first);
    for (const segment of kept) {
      const path = this.backup.segmentPath(segment);
      if (!this.backup.hasFile(path, segment.sizeBytes))
        throw new CorruptBackupError(
          path,
          'it is missing or cut off, and the journal no longer has its entries',
        );
    }
    return kept.map((segment) => ({ ...segment, role: 'archived' }));
  }

  /** Copies that need not be made again, by start sequence. */
  private async reusable(
    listed: readonly ListedSegment[],
    end: ConsistentEnd,
  ): Promise<Map<bigint, ManifestSegment> | Changed> {
    const { backup } = this;
    const earlier = new Map(backup.manifest?.segments.map((one) => [one.startSequence, one]));
    const reused = new Map<bigint, ManifestSegment>();
    for (const [index, { startSequence, isLive }] of listed.entries()) {
      const next = listed[index + 1];
      const role = isLive ? 'live' : 'archived';
      const copy = this.done.get(startSequence) ?? earlier.get(startSequence);
      if (copy === undefined || copy.last === null || (isLive && copy.form !== 'plain')) continue;
      const isWhole =
        next === undefined
          ? copy.last.sequence === end.lastSequence && copy.form === 'plain'
          : copy.last.sequence + 1n === next.startSequence;
      if (!isWhole || !backup.hasFile(backup.segmentPath(copy), copy.sizeBytes)) continue;
      if (!this.done.has(startSequence)) {
        const found = openSegment(this.source, startSequence);
        if (found === null) return gone(startSequence);
        await assertSameFirst(found, copy, backup);
      }
      reused.set(startSequence, { ...copy, role });
    }
    return reused;
  }

  private bytesToCopy(listed: readonly ListedSegment[], reused: ReadonlyMap<bigint, unknown>): number {
    let bytes = 0;
    for (const { startSequence } of listed) {
      if (reused.has(startSequence)) continue;
      const found = openSegment(this.source, startSequence);
      bytes += found?.file.sizeBytes ?? 0;
      found?.file.close();
    }
    return bytes;
  }

  private async copySealed(start: bigint, meter: ProgressMeter): Promise<ManifestSegment | Changed> {
    const found = openSegment(this.source, start);
    if (found === null) return gone(start);
    try {
      const segment = await copySealed(this.backup, found, this.copyOptions(meter));
      this.done.set(start, segment);
      return segment;
    } finally {
      found.file.close();
    }
  }

  private async copyLast(
    start: bigint,
    { lastSequence }: ConsistentEnd,
    meter: ProgressMeter,
  ): Promise<ManifestSegment | Changed> {
    const found = openSegment(this.source, start);
    if (found === null) return gone(start);
    try {
      const { segment, endOffset } = await copyLast(
        this.backup,
        found,
        lastSequence,
        this.copyOptions(meter),
      );
      if (lastSequence === null || segment.last?.sequence === lastSequence) return segment;
      const location = { segment: found.name, offset: endOffset, sequence: next(segment) };
      const reason = `the written data ends here, but entries up to ${lastSequence} were there, and durable`;
      return { error: new InvalidEntryHeaderError(location, reason) };
    } finally {
      found.file.close();
    }
  }

  private copyOptions(meter: ProgressMeter): Parameters<typeof copySealed>[2] {
    return { generation: this.backup.nextGeneration, meter, signal: this.options.signal };
  }

  private report(end: ConsistentEnd, segments: readonly ManifestSegment[]): CopiedSegments {
    const { nextGeneration } = this.backup;
    const copied = segments.filter(({ generation }) => generation === nextGeneration);
    return {
      end,
      segments,
      copied: copied.length,
      bytesCopied: copied.reduce((sum, { dataBytes }) => sum + dataBytes, 0),
    };
  }
}

function next({ startSequence, last }: ManifestSegment): bigint {
  return last === null ? startSequence : last.sequence + 1n;
}

function gone(start: bigint): Changed {
  return { error: new ReplayGapError(start, null) };
}

function findGap(segments: readonly ManifestSegment[]): JournalError | null {
  if (segments.length === 0) return new ReplayGapError(0n, null);
  for (const [index, segment] of segments.entries()) {
    const previous = segments[index - 1];
    if (previous === undefined || segment.first === null) continue;
    const expected = next(previous);
    const actual = segment.first.sequence;
    if (actual > expected) return new ReplayGapError(expected, actual);
    if (actual < expected)
      return new InvalidEntryHeaderError(
        { segment: String(segment.startSequence), offset: 0, sequence: actual },
        `sequence ${actual} repeats or steps back, ${expected} was expected`,
      );
  }
  return null;
}

/**
 * Segments are archived from the oldest on. So a segment that was found live, before one that was found
 * archived, has been archived since.
 */
function withRoles(segments: readonly ManifestSegment[]): ManifestSegment[] {
  const lastIndex = segments.length - 1;
  const lastArchived = segments.findLastIndex(({ role }, index) => role === 'archived' && index < lastIndex);
  return segments.map((segment, index) => ({
    ...segment,
    role: index === lastIndex ? 'live' : index <= lastArchived ? 'archived' : segment.role,
  }));
}
