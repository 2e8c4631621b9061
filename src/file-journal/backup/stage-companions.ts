import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { JournalError } from '../../journal/index.js';
import { isNotFound, type FileSystem } from '../os/file-system.js';
import type { BackupDirectory } from './backup-directory.js';
import type { CompanionFacts, CompanionFormat } from './companion.js';
import { writeFile } from './copy-file.js';
import type { ManifestCompanion } from './manifest.js';

export interface StagedCompanion {
  readonly companion: ManifestCompanion;
  readonly facts: CompanionFacts;
}

/** A file that a backup or a restore left out. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** Larger files are not read into memory. No store writes them: Node.js could not read them back. */
const MAX_COMPANION_BYTES = 2 ** 31 - 1;
export const TOO_LARGE = `it has more than ${MAX_COMPANION_BYTES} bytes`;

/** A writer may replace a file between listing and reading it. */
const MAX_LISTINGS = 10;

/**
 * Copies the snapshots and checkpoints of a journal. The backup decides later which of them belong to its
 * entries.
 * @param leftOut collects damaged files
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function stageCompanions(
  journalDirectory: string,
  formats: readonly CompanionFormat[],
  backup: BackupDirectory,
  leftOut: LeftOut[],
): Promise<StagedCompanion[]> {
  const staged = new Map<string, StagedCompanion>();
  for (const format of formats) {
    const folder = join(journalDirectory, format.folder);
    for (let listing = 1, isComplete = false; !isComplete; listing += 1) {
      isComplete = true;
      for (const name of namesIn(backup.files, folder, format)) {
        if (staged.has(name)) continue;
        const content = readFile(backup.files, join(folder, name));
        if (content === 'too large') {
          noteLeftOut(leftOut, name, TOO_LARGE);
          continue;
        }
        if (content === null) {
          isComplete = listing === MAX_LISTINGS;
          continue;
        }
        const facts = factsOf(format, name, content, leftOut);
        if (facts !== null)
          staged.set(name, { companion: await store(backup, format, name, content, facts), facts });
      }
    }
  }
  return [...staged.values()];
}

function factsOf(
  format: CompanionFormat,
  name: string,
  content: Buffer,
  leftOut: LeftOut[],
): CompanionFacts | null {
  try {
    return format.read(name, content);
  } catch (error) {
    if (!JournalError.isJournalError(error)) throw error;
    noteLeftOut(leftOut, name, error.message);
    return null;
  }
}

/** Once per name: a directory may be listed several times. */
function noteLeftOut(leftOut: LeftOut[], name: string, reason: string): void {
  if (!leftOut.some((one) => one.name === name)) leftOut.push({ name, reason });
}

async function store(
  backup: BackupDirectory,
  { kind }: CompanionFormat,
  name: string,
  content: Buffer,
  { entry }: CompanionFacts,
): Promise<ManifestCompanion> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const earlier = backup.manifest?.companions.find((one) => one.name === name && one.sha256 === sha256);
  if (earlier !== undefined && backup.hasFile(backup.companionPath(earlier), earlier.sizeBytes))
    return earlier;
  const companion = {
    kind,
    name,
    generation: backup.nextGeneration,
    sizeBytes: content.length,
    sha256,
    sequence: entry?.sequence ?? null,
  };
  await writeFile(backup.files, backup.companionPath(companion), async (target) => {
    await target.append(content);
    return target.finish();
  });
  return companion;
}

function namesIn(files: FileSystem, folder: string, { owns }: CompanionFormat): string[] {
  try {
    return files
      .list(folder)
      .filter(({ name, isFile }) => isFile && owns(name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Null if the file was deleted since it was listed. */
export function readFile(files: FileSystem, path: string): Buffer | 'too large' | null {
  let fd: number;
  try {
    fd = files.openFile(path, 'read');
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
  try {
    const sizeBytes = files.fileSize(fd, path);
    if (sizeBytes > MAX_COMPANION_BYTES) return 'too large';
    const content = Buffer.alloc(sizeBytes);
    files.read(fd, content, 0, path);
    return content;
  } finally {
    files.closeFile(fd, path);
  }
}
