import { SnapshotError } from './replay.errors.js';
import type { Snapshot } from './snapshot-store.interface.js';

/**
 * A snapshot file, little-endian:
 *
 *     | magic 8 | format 4 | state version 4 | sequence 8 | entry CRC 4 | payload length 8 |
 *     | name length 4 | name M | payload N | CRC-32 4 |
 *
 * The CRC-32 covers everything before it. The name is the name of the target. Files of format 1 have no name
 * and no name length.
 */

const MAGIC = 'NFJSNAP\0';
const FORMAT_VERSION = 2;
const FORMAT_WITHOUT_NAME = 1;

const FORMAT_AT = 8;
const STATE_VERSION_AT = 12;
const SEQUENCE_AT = 16;
const ENTRY_CRC_AT = 24;
const LENGTH_AT = 28;
const NAME_LENGTH_AT = 36;
const NAME_AT = 40;
/** Offset of the payload in format 1. */
const PAYLOAD_AT = 36;
const CRC_BYTES = 4;

/** CRC-32 (IEEE) of bytes, as an unsigned number. */
export type Crc32 = (bytes: Uint8Array) => number;

export function encodeSnapshot(target: string, snapshot: Snapshot, crc32: Crc32): Buffer {
  const { payload } = snapshot;
  const name = Buffer.from(target);
  const file = Buffer.alloc(NAME_AT + name.byteLength + payload.byteLength + CRC_BYTES);
  file.write(MAGIC, 0, 'latin1');
  file.writeUInt32LE(FORMAT_VERSION, FORMAT_AT);
  file.writeUInt32LE(snapshot.stateVersion, STATE_VERSION_AT);
  file.writeBigUInt64LE(snapshot.sequence, SEQUENCE_AT);
  file.writeUInt32LE(snapshot.entryCrc, ENTRY_CRC_AT);
  file.writeBigUInt64LE(BigInt(payload.byteLength), LENGTH_AT);
  file.writeUInt32LE(name.byteLength, NAME_LENGTH_AT);
  file.set(name, NAME_AT);
  file.set(payload, NAME_AT + name.byteLength);
  const crcAt = file.byteLength - CRC_BYTES;
  file.writeUInt32LE(crc32(file.subarray(0, crcAt)), crcAt);
  return file;
}

/**
 * @throws SnapshotError (`JOURNAL_SNAPSHOT`) unless the file is an intact snapshot of this target in a known
 * format
 */
export function decodeSnapshot(file: Buffer, path: string, target: string, crc32: Crc32): Snapshot {
  if (file.byteLength < PAYLOAD_AT + CRC_BYTES) {
    throw new SnapshotError(path, `${file.byteLength} bytes are too few for a snapshot`);
  }
  if (file.toString('latin1', 0, FORMAT_AT) !== MAGIC)
    throw new SnapshotError(path, 'it is not a snapshot file');
  const format = file.readUInt32LE(FORMAT_AT);
  if (format !== FORMAT_VERSION && format !== FORMAT_WITHOUT_NAME)
    throw new SnapshotError(path, `this version does not know format ${format}`);
  const payloadAt = format === FORMAT_WITHOUT_NAME ? PAYLOAD_AT : NAME_AT + file.readUInt32LE(NAME_LENGTH_AT);
  const length = file.readBigUInt64LE(LENGTH_AT);
  if (BigInt(payloadAt + CRC_BYTES) + length !== BigInt(file.byteLength)) {
    throw new SnapshotError(path, `it is ${file.byteLength} bytes long, but its header gives another length`);
  }
  const crcAt = file.byteLength - CRC_BYTES;
  if (crc32(file.subarray(0, crcAt)) !== file.readUInt32LE(crcAt)) {
    throw new SnapshotError(path, 'its checksum does not match');
  }
  if (format === FORMAT_VERSION) {
    const name = file.toString('utf8', NAME_AT, payloadAt);
    if (name !== target) throw new SnapshotError(path, `it belongs to ${name}, not to ${target}`);
  }
  return {
    sequence: file.readBigUInt64LE(SEQUENCE_AT),
    entryCrc: file.readUInt32LE(ENTRY_CRC_AT),
    stateVersion: file.readUInt32LE(STATE_VERSION_AT),
    payload: file.subarray(payloadAt, crcAt),
  };
}
