import { crc32 } from '../common/index.js';
import type { Checkpoint } from './checkpoint.js';
import { ProjectionCheckpointError } from './projections.errors.js';

/**
 * Format of a checkpoint as text: one line of JSON, then one line with its CRC-32 in eight hexadecimal
 * digits. Sequences are decimal strings.
 *
 *     {"format":1,"projection":"…","position":"12","entryCrc":123,"historyEnd":null,"isResetting":false}
 */
const FORMAT = 1;

interface StoredCheckpoint {
  readonly format: number;
  readonly projection: string;
  readonly position: string | null;
  readonly entryCrc: number | null;
  readonly historyEnd: string | null;
  readonly isResetting: boolean;
}

export function encodeCheckpoint(projection: string, checkpoint: Checkpoint): string {
  const { position, entryCrc, historyEnd, isResetting } = checkpoint;
  const stored: StoredCheckpoint = {
    format: FORMAT,
    projection,
    position: position?.toString() ?? null,
    entryCrc,
    historyEnd: historyEnd?.toString() ?? null,
    isResetting,
  };
  const text = JSON.stringify(stored);
  return `${text}\n${checksum(text)}\n`;
}

/**
 * @throws ProjectionCheckpointError (`JOURNAL_PROJECTION_CHECKPOINT`) unless it is an intact checkpoint of
 * this projection
 */
export function decodeCheckpoint(projection: string, content: string, source: string): Checkpoint {
  const [text = '', crc, rest, ...more] = content.split('\n');
  const fail = (reason: string): never => {
    throw new ProjectionCheckpointError(projection, `${source} ${reason}`);
  };
  if (rest !== '' || more.length > 0 || crc !== checksum(text)) return fail('is damaged');
  const stored = JSON.parse(text) as StoredCheckpoint;
  if (stored.format !== FORMAT)
    return fail(`has the format ${stored.format}, which this version does not know`);
  if (stored.projection !== projection) return fail(`belongs to ${stored.projection}`);
  return {
    position: stored.position === null ? null : BigInt(stored.position),
    entryCrc: stored.entryCrc,
    historyEnd: stored.historyEnd === null ? null : BigInt(stored.historyEnd),
    isResetting: stored.isResetting,
  };
}

function checksum(text: string): string {
  return crc32(Buffer.from(text)).toString(16).padStart(8, '0');
}
