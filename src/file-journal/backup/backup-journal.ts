import { monotonicMs } from '../../common/index.js';
import type { FileSystem } from '../os/file-system.js';
import { loadFileSystem } from '../os/load-file-system.js';
import { SegmentDirectory } from '../segment/segment-directory.js';
import { BackupDirectory } from './backup-directory.js';
import { objectionTo, type CompanionFormat } from './companion.js';
import { consistentEnd, type ConsistentEnd } from './consistent-end.js';
import { entryCrcs } from './entry-crcs.js';
import {
  firstOf,
  lastOf,
  type BackupManifest,
  type EndRule,
  type JournalOrigin,
  type ManifestCompanion,
  type ManifestSegment,
} from './manifest.js';
import { assertApart, realPlace } from './places.js';
import type { WorkOptions } from './progress.js';
import { SegmentCopier } from './segment-copier.js';
import { stageCompanions, type LeftOut, type StagedCompanion } from './stage-companions.js';

export interface BackupOptions extends WorkOptions {
  /** The directory of the journal. It is only read, and may be written meanwhile. */
  readonly directory: string;
  /** The directory of the backup: missing, empty, or with an earlier backup of this journal. */
  readonly destination: string;
  /** Whether archived segments are included. @default true */
  readonly archived?: boolean;
  /** The snapshots and checkpoints to include. @default none */
  readonly companions?: readonly CompanionFormat[];
  /** How long to wait until a writer has made the present entries durable. @default 10_000 */
  readonly waitMs?: number;
  /** Name and version of the program, for the manifest. */
  readonly madeBy?: string;
  /** The seam to the operating system, for fault injection. */
  readonly fileSystem?: (real: FileSystem) => FileSystem;
}

export interface BackupReport {
  readonly destination: string;
  /** The number of this run. */
  readonly generation: number;
  readonly rule: EndRule;
  readonly origin: JournalOrigin;
  readonly firstSequence: bigint | null;
  readonly lastSequence: bigint | null;
  readonly segments: number;
  /** Segments that were copied in this run; the others were there already. */
  readonly segmentsCopied: number;
  readonly bytesCopied: number;
  readonly snapshots: number;
  readonly checkpoints: number;
  /** Snapshots and checkpoints that do not belong to the entries of the backup, or are damaged. */
  readonly leftOut: readonly LeftOut[];
  readonly durationMs: number;
}

const DEFAULT_WAIT_MS = 10_000;

/**
 * Makes or continues a backup of a journal, beside its writer. The backup holds everything that was
 * acknowledged when the call began, without a gap, and nothing that could still be lost. Segments that an
 * earlier run copied are not copied again. Until the last step the earlier backup stays as it was.
 * @throws (rejects) BackupDirectoryError (`JOURNAL_BACKUP_DIRECTORY`), BackupHistoryError
 * (`JOURNAL_BACKUP_HISTORY`) or CorruptBackupError (`JOURNAL_CORRUPT_BACKUP`) for the destination
 * @throws (rejects) BackupNotDurableError (`JOURNAL_BACKUP_NOT_DURABLE`)
 * @throws (rejects) CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`), InvalidEntryHeaderError
 * (`JOURNAL_INVALID_ENTRY_HEADER`), CorruptArchiveError (`JOURNAL_CORRUPT_ARCHIVE`) or ReplayGapError
 * (`JOURNAL_REPLAY_GAP`) for damage in the journal
 * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function backupJournal(options: BackupOptions): Promise<BackupReport> {
  const { directory, destination, fileSystem = (real) => real } = options;
  const files = await loadFileSystem({ mapper: 'auto', fileSystem });
  const source = SegmentDirectory.open(files, directory);
  try {
    const place = realPlace(destination);
    assertApart(place, realPlace(directory), 'the directory of the journal');
    const backup = await BackupDirectory.openForWriting(files, place);
    try {
      return await new BackupRun(source, backup, options).run();
    } finally {
      backup.close();
    }
  } finally {
    source.close();
  }
}

class BackupRun {
  private readonly startedMs = monotonicMs();
  private readonly leftOut: LeftOut[] = [];

  constructor(
    private readonly source: SegmentDirectory,
    private readonly backup: BackupDirectory,
    private readonly options: BackupOptions,
  ) {}

  async run(): Promise<BackupReport> {
    const { backup } = this;
    backup.removeUnlisted(backup.manifest);
    let report: BackupReport;
    let manifest: BackupManifest;
    try {
      ({ manifest, report } = await this.make());
      await backup.prepare(manifest);
    } catch (error) {
      // On a full disk, others need the space. What cannot be deleted now, the next run deletes.
      tryTo(() => backup.removeUnlisted(backup.manifest));
      throw error;
    }
    await backup.commit();
    tryTo(() => backup.removeUnlisted(manifest));
    return { ...report, durationMs: monotonicMs() - this.startedMs };
  }

  private async make(): Promise<{ manifest: BackupManifest; report: BackupReport }> {
    const { source, backup, options } = this;
    const {
      archived = true,
      companions: formats = [],
      waitMs = DEFAULT_WAIT_MS,
      onProgress,
      signal,
    } = options;
    // Before the end is known: what they refer to was written by then.
    const staged = await stageCompanions(source.path, formats, backup, this.leftOut);
    const findEnd = (): Promise<ConsistentEnd> =>
      consistentEnd(source, {
        waitMs,
        onWaiting: () => onProgress?.({ phase: 'waiting', bytesDone: 0, bytesTotal: 0 }),
        signal,
      });
    const copier = new SegmentCopier(source, backup, findEnd, archived, options);
    const { end, segments, copied, bytesCopied } = await copier.run();
    source.assertInPlace(); // else some copies may be of another directory at this path
    const companions = await this.consistent(staged, segments, end);
    const manifest: BackupManifest = {
      generation: backup.nextGeneration,
      createdAt: new Date().toISOString(),
      madeBy: options.madeBy ?? 'nestjs-file-journal',
      origin: end.origin,
      rule: end.rule,
      segments,
      companions,
    };
    const report = {
      destination: backup.path,
      generation: manifest.generation,
      rule: end.rule,
      origin: end.origin,
      firstSequence: firstOf(manifest)?.sequence ?? null,
      lastSequence: lastOf(manifest)?.sequence ?? null,
      segments: segments.length,
      segmentsCopied: copied,
      bytesCopied,
      snapshots: companions.filter(({ kind }) => kind === 'snapshot').length,
      checkpoints: companions.filter(({ kind }) => kind === 'checkpoint').length,
      leftOut: this.leftOut,
      durationMs: 0,
    };
    return { manifest, report };
  }

  /** The companions that belong to the copied entries. */
  private async consistent(
    staged: readonly StagedCompanion[],
    segments: readonly ManifestSegment[],
    { lastSequence }: ConsistentEnd,
  ): Promise<ManifestCompanion[]> {
    const sequences = staged.flatMap(({ facts }) => (facts.entry === null ? [] : [facts.entry.sequence]));
    const crcs = await entryCrcs(this.backup, segments, sequences);
    const journal = {
      first: segments[0]?.first?.sequence ?? null,
      end: lastSequence,
      crcOf: (sequence: bigint) => crcs.get(sequence),
    };
    return staged.flatMap(({ companion, facts }) => {
      const reason = objectionTo(facts, journal);
      if (reason === null) return [companion];
      this.leftOut.push({ name: companion.name, reason });
      return [];
    });
  }
}

function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // The backup itself is complete, or the first error says more.
  }
}
