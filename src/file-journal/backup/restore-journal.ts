import { monotonicMs } from '../../common/index.js';
import { InvalidArgumentError, JournalError, messageOf } from '../../journal/index.js';
import { archiveFileName } from '../format/archive-name.js';
import { segmentName } from '../format/segment-name.js';
import type { FileSystem } from '../os/file-system.js';
import { loadFileSystem } from '../os/load-file-system.js';
import { BackupDirectoryError, CorruptBackupError } from './backup.errors.js';
import { BackupDirectory } from './backup-directory.js';
import { objectionTo, type CompanionFacts, type CompanionFormat } from './companion.js';
import { complete } from './complete-journal.js';
import { writeFile, type WrittenFile } from './copy-file.js';
import { copyContent, copyRange } from './copy-segment.js';
import { firstOf, type BackupManifest, type JournalOrigin, type ManifestCompanion } from './manifest.js';
import type { ManifestSegment } from './manifest.js';
import { assertApart, realPlace } from './places.js';
import { ProgressMeter, type WorkOptions } from './progress.js';
import { contentOf } from './source-segments.js';
import { readFile, TOO_LARGE, type LeftOut } from './stage-companions.js';
import { StagingDirectory } from './staging-directory.js';
import { verifyBackup, type PointInTime, type VerifiedBackup } from './verify-backup.js';

export interface RestoreOptions extends WorkOptions, PointInTime {
  /** The directory of the backup. It is only read. */
  readonly source: string;
  /** The directory of the journal: missing or empty. */
  readonly directory: string;
  /**
   * Reads snapshots and checkpoints, to tell which belong to the restored entries. @default none are restored
   */
  readonly companions?: readonly CompanionFormat[];
  /** The seam to the operating system, for fault injection. */
  readonly fileSystem?: (real: FileSystem) => FileSystem;
}

export interface RestoreReport {
  readonly directory: string;
  readonly origin: JournalOrigin;
  /** When the backup was made. */
  readonly createdAt: string;
  readonly firstSequence: bigint | null;
  readonly lastSequence: bigint | null;
  readonly lastTimestampNs: bigint | null;
  readonly entries: number;
  readonly segments: number;
  readonly snapshots: number;
  readonly checkpoints: number;
  /** Snapshots and checkpoints that belong to a later state. */
  readonly leftOut: readonly LeftOut[];
  readonly durationMs: number;
}

/**
 * Restores a journal from a backup, up to its end or to a point in time. Verifies the whole backup before it
 * writes. The target appears complete, or not at all.
 * @throws (rejects) CorruptBackupError (`JOURNAL_CORRUPT_BACKUP`)
 * @throws (rejects) BackupDirectoryError (`JOURNAL_BACKUP_DIRECTORY`) for the target, or if another run
 * continued the backup meanwhile
 * @throws (rejects) SequenceNotFoundError (`JOURNAL_SEQUENCE_NOT_FOUND`) for a point in time outside the
 * backup
 * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for both kinds of point in time
 * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function restoreJournal(options: RestoreOptions): Promise<RestoreReport> {
  const { source, toSequence, toTimeNs, fileSystem = (real) => real } = options;
  if (toSequence !== undefined && toTimeNs !== undefined)
    throw new InvalidArgumentError('toTimeNs', toTimeNs, 'left out, because toSequence is given');
  const files = await loadFileSystem({ mapper: 'auto', fileSystem });
  const backup = BackupDirectory.open(files, source);
  try {
    return await restoreFrom(backup, files, options);
  } catch (error) {
    if (error instanceof CorruptBackupError && wasContinued(files, backup))
      throw new BackupDirectoryError(
        backup.path,
        'another run continued this backup while it was read; start the restore again',
        { cause: error },
      );
    throw error;
  } finally {
    backup.close();
  }
}

/** Whether a run has completed since: it deletes the copies that it has replaced. */
function wasContinued(files: FileSystem, { path, manifest }: BackupDirectory): boolean {
  try {
    const now = BackupDirectory.open(files, path);
    now.close();
    return now.manifest.generation !== manifest?.generation;
  } catch {
    return false; // the first error says more
  }
}

async function restoreFrom(
  backup: BackupDirectory & { readonly manifest: BackupManifest },
  files: FileSystem,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const { source, directory } = options;
  const target = realPlace(directory);
  assertApart(target, realPlace(source), 'the directory of the backup');
  StagingDirectory.assertUsable(files, target);
  const restoring = new Restoring(backup, options);
  const verified = await restoring.verify();
  const staging = await StagingDirectory.create(files, target);
  try {
    return await restoring.writeTo(staging, verified);
  } catch (error) {
    staging.discard();
    throw error;
  } finally {
    staging.close();
  }
}

class Restoring {
  private readonly startedMs = monotonicMs();
  private readonly facts = new Map<ManifestCompanion, CompanionFacts>();
  private readonly leftOut: LeftOut[] = [];

  constructor(
    private readonly backup: BackupDirectory & { readonly manifest: BackupManifest },
    private readonly options: RestoreOptions,
  ) {}

  /** Verifies every file and every entry of the backup, and finds the end. */
  verify(): Promise<VerifiedBackup> {
    for (const companion of this.backup.manifest.companions) this.readFacts(companion);
    const wanted = new Set(
      [...this.facts.values()].flatMap(({ entry }) => (entry === null ? [] : [entry.sequence])),
    );
    return verifyBackup(this.backup, this.options, wanted, this.options);
  }

  async writeTo(staging: StagingDirectory, verified: VerifiedBackup): Promise<RestoreReport> {
    const { manifest } = this.backup;
    const { end, entries } = verified;
    const segments = manifest.segments.slice(0, end.segmentIndex + 1);
    const companions = this.belonging(verified);
    const total = [...segments, ...companions].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const meter = new ProgressMeter('copying', total, this.options);
    for (const [index, segment] of segments.entries())
      await (index < end.segmentIndex
        ? this.copyWhole(segment, staging, meter)
        : this.copyLast(segment, end.endOffset, staging, meter));
    for (const companion of companions) await this.copyCompanion(companion, staging, meter);
    await complete(staging, segments.at(-1) as ManifestSegment, verified, manifest.origin);
    await staging.moveToTarget();
    const count = (kind: ManifestCompanion['kind']): number =>
      companions.filter((one) => one.kind === kind).length;
    return {
      directory: staging.target,
      origin: manifest.origin,
      createdAt: manifest.createdAt,
      firstSequence: firstOf(manifest)?.sequence ?? null,
      lastSequence: end.last?.sequence ?? null,
      lastTimestampNs: end.last?.timestampNs ?? null,
      entries,
      segments: segments.length,
      snapshots: count('snapshot'),
      checkpoints: count('checkpoint'),
      leftOut: this.leftOut,
      durationMs: monotonicMs() - this.startedMs,
    };
  }

  private readFacts(companion: ManifestCompanion): void {
    const format = this.formatOf(companion);
    if (format === undefined) return;
    const content = readFile(this.backup.files, this.backup.companionPath(companion));
    if (content === null) return; // the verification reports it
    if (content === 'too large') {
      this.leftOut.push({ name: companion.name, reason: TOO_LARGE });
      return;
    }
    try {
      this.facts.set(companion, format.read(companion.name, content));
    } catch (error) {
      if (!JournalError.isJournalError(error)) throw error;
      this.leftOut.push({ name: companion.name, reason: messageOf(error) });
    }
  }

  private formatOf({ kind, name }: ManifestCompanion): CompanionFormat | undefined {
    return this.options.companions?.find((format) => format.kind === kind && format.owns(name));
  }

  /** By what the files say themselves: the manifest may have been written by anybody. */
  private belonging({ end, crcs }: VerifiedBackup): ManifestCompanion[] {
    const journal = {
      first: firstOf(this.backup.manifest)?.sequence ?? null,
      end: end.last?.sequence ?? null,
      crcOf: (sequence: bigint) => crcs.get(sequence),
    };
    return [...this.facts].flatMap(([companion, facts]) => {
      const reason = objectionTo(facts, journal);
      if (reason === null) return [companion];
      this.leftOut.push({ name: companion.name, reason });
      return [];
    });
  }

  private async copyWhole(
    segment: ManifestSegment,
    staging: StagingDirectory,
    meter: ProgressMeter,
  ): Promise<void> {
    const { startSequence, role, form, sizeBytes, dataBytes } = segment;
    const name = role === 'live' ? segmentName(startSequence) : archiveFileName(startSequence, form);
    const path = this.backup.segmentPath(segment);
    const written = await this.copyFile(path, sizeBytes, staging.segments.pathOf(name), dataBytes, meter);
    assertUnchanged(path, written, segment);
  }

  /** Restores the last segment live and without compression, because a writer continues it. */
  private async copyLast(
    segment: ManifestSegment,
    endOffset: number,
    staging: StagingDirectory,
    meter: ProgressMeter,
  ): Promise<void> {
    const { startSequence, form, sizeBytes, segmentBytes } = segment;
    const path = staging.segments.pathOf(segmentName(startSequence));
    const source = contentOf(this.backup.openCopy(this.backup.segmentPath(segment), sizeBytes), form);
    try {
      await writeFile(this.backup.files, path, async (target) => {
        await copyContent(source, endOffset, target, meter);
        return target.finish(segmentBytes);
      });
    } finally {
      source.close();
    }
  }

  private async copyCompanion(
    companion: ManifestCompanion,
    staging: StagingDirectory,
    meter: ProgressMeter,
  ): Promise<void> {
    const folder = this.formatOf(companion)?.folder as string; // it has facts, so it has a format
    const path = this.backup.companionPath(companion);
    const target = staging.pathIn(folder, companion.name);
    const written = await this.copyFile(path, companion.sizeBytes, target, companion.sizeBytes, meter);
    assertUnchanged(path, written, companion);
  }

  private async copyFile(
    path: string,
    sizeBytes: number,
    targetPath: string,
    dataBytes: number,
    meter: ProgressMeter,
  ): Promise<WrittenFile> {
    const file = this.backup.openCopy(path, sizeBytes);
    try {
      return await writeFile(this.backup.files, targetPath, async (target) => {
        await copyRange(file, dataBytes, target, meter);
        return target.finish(sizeBytes);
      });
    } finally {
      file.close();
    }
  }
}

/** Refuses a file that another backup, or anything else, changed after it was verified. */
function assertUnchanged(path: string, written: WrittenFile, { sha256 }: { readonly sha256: string }): void {
  if (written.sha256 !== sha256)
    throw new CorruptBackupError(path, 'it changed while it was restored; start the restore again');
}
