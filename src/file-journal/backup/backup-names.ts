/** File names in the directory of a backup. No journal takes them for its own. */
import { archiveFileName, type ArchiveForm } from '../format/archive-name.js';
import { archivedName, segmentName } from '../format/segment-name.js';

export const MANIFEST_NAME = 'manifest.json';
/** The manifest before it is complete; a leftover is replaced. */
export const MANIFEST_TEMPORARY_NAME = 'manifest.json.tmp';

/** Mounting a disk of its own for backups is usual; this directory is then in its root. */
export const IGNORED_NAMES: ReadonlySet<string> = new Set(['lost+found']);

const COPY = /^g[1-9]\d{0,14}-(?:segment|snapshot|projection)-/;

/**
 * The number of the run that wrote a file is part of its name, so no run replaces a file of an earlier one.
 */
export function copyName(generation: number, name: string): string {
  return `g${generation}-${name}`;
}

export function segmentCopyName(generation: number, startSequence: bigint, form: ArchiveForm): string {
  const suffix = archiveFileName(startSequence, form).slice(archivedName(segmentName(startSequence)).length);
  return copyName(generation, segmentName(startSequence) + suffix);
}

/** Whether an interrupted first run may have left a file of this name. */
export function isOfFirstRun(name: string): boolean {
  return name === MANIFEST_TEMPORARY_NAME || (COPY.test(name) && name.startsWith(copyName(1, '')));
}

/** Whether a run of a backup wrote a file of this name, complete or not. */
export function isBackupFile(name: string): boolean {
  return name === MANIFEST_NAME || name === MANIFEST_TEMPORARY_NAME || COPY.test(name);
}
