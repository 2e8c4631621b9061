/**
 * The manifest of a backup: a JSON document that lists the files of the backup, with their sizes and
 * checksums. It is written last. A directory without one holds no backup.
 *
 * Sequences and times are decimal strings. `checksum` is the SHA-256 of the document without it and without
 * spaces. Names of files are not stored but derived, so a manifest cannot lead to a file elsewhere.
 */
import { createHash } from 'node:crypto';
import type { ArchiveForm } from '../format/archive-name.js';
import type { CompanionKind } from './companion.js';

/** A new number for a change that older versions would misread. */
export const MANIFEST_FORMAT = 1;

/** How the end of a backup was found. */
export type EndRule =
  /** The writer's checkpoint: everything up to it was acknowledged. */
  | 'checkpoint'
  /** No writer and nothing better: every intact entry. */
  | 'intact';

/** The program that wrote the journal: it decides how a torn write is told from damage. */
export type JournalOrigin = 'file-journal' | 'orderbook-rs';

/** One entry, as a point that can be compared. */
export interface EntryMark {
  readonly sequence: bigint;
  readonly timestampNs: bigint;
  readonly crc: number;
}

export interface ManifestSegment {
  readonly startSequence: bigint;
  /** The run that wrote the copy; part of its name. */
  readonly generation: number;
  /** What the segment was in the journal when the backup was made. */
  readonly role: 'live' | 'archived';
  /** The form of the copy. */
  readonly form: ArchiveForm;
  /** Size of the copy, zeros at the end included. */
  readonly sizeBytes: number;
  /** Bytes from the start that `sha256` covers; the others are zeros. */
  readonly dataBytes: number;
  readonly sha256: string;
  /** Size of the segment without compression. */
  readonly segmentBytes: number;
  /** Null in the only segment of a journal without entries. */
  readonly first: EntryMark | null;
  readonly last: EntryMark | null;
}

export interface ManifestCompanion {
  readonly kind: CompanionKind;
  /** The name in the folder of the journal. */
  readonly name: string;
  readonly generation: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The entry that it was made after. */
  readonly sequence: bigint | null;
}

export interface BackupManifest {
  readonly generation: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Name and version of the program that made the backup. */
  readonly madeBy: string;
  readonly origin: JournalOrigin;
  readonly rule: EndRule;
  /** Without gaps; the last one is live and plain. */
  readonly segments: readonly ManifestSegment[];
  readonly companions: readonly ManifestCompanion[];
}

/** The first entry of a backup; null without entries. */
export function firstOf({ segments }: BackupManifest): EntryMark | null {
  return segments[0]?.first ?? null;
}

/** The last entry of a backup; null without entries. */
export function lastOf({ segments }: BackupManifest): EntryMark | null {
  return segments.at(-1)?.last ?? null;
}

/** The checksum of a document without its checksum. */
export function checksumOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}
