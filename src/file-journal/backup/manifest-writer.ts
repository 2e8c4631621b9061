import { checksumOf, firstOf, lastOf, MANIFEST_FORMAT } from './manifest.js';
import type { BackupManifest, EntryMark } from './manifest.js';

/** The text of the file. */
export function encodeManifest(manifest: BackupManifest): string {
  const { generation, createdAt, madeBy, origin, rule, segments, companions } = manifest;
  const first = firstOf(manifest);
  const last = lastOf(manifest);
  const body = {
    format: MANIFEST_FORMAT,
    generation,
    createdAt,
    madeBy,
    origin,
    rule,
    firstSequence: first?.sequence.toString() ?? null,
    lastSequence: last?.sequence.toString() ?? null,
    lastEntryCrc: last?.crc ?? null,
    segments: segments.map((segment) => ({
      ...segment,
      startSequence: segment.startSequence.toString(),
      first: markAsText(segment.first),
      last: markAsText(segment.last),
    })),
    companions: companions.map((companion) => ({
      ...companion,
      sequence: companion.sequence?.toString() ?? null,
    })),
  };
  return `${JSON.stringify({ ...body, checksum: checksumOf(body) }, null, 2)}\n`;
}

function markAsText(mark: EntryMark | null): object | null {
  if (mark === null) return null;
  return { sequence: mark.sequence.toString(), timestampNs: mark.timestampNs.toString(), crc: mark.crc };
}
