/**
 * The checkpoint: a lower bound of the durable entries, in a file beside the segments. Entries below it were
 * acknowledged, so damage there is corruption and never a torn write. Without a readable checkpoint that
 * certainty is lost, but no event.
 *
 *     two slots, written in turn at 0 and 4096, so that a torn write leaves the other one intact:
 *     magic 8 | generation u64 | segment start u64 | durable offset u64 | last sequence u64 |
 *     max unsynced u64 | empty u8 | 0 x3 | crc32 u32
 */
import { join } from 'node:path';
import { IoError } from '../../journal/index.js';
import { crc32 } from '../../common/index.js';
import { isNotFound, NotAFileError, type FileSystem } from '../os/file-system.js';
import { CHECKPOINT_NAME } from '../format/segment-name.js';

export interface CheckpointState {
  /** Start sequence in the name of the segment that the offset belongs to. */
  readonly segmentStart: bigint;
  /** Everything before it in that segment is durable, and so is every older segment. */
  readonly durableOffset: number;
  /** Last durable sequence; null in an empty journal. */
  readonly lastSequence: bigint | null;
  /** How many bytes a writer may have written beyond the bound. */
  readonly maxUnsyncedBytes: number;
}

const MAGIC = Buffer.from('NFJCKPT1', 'latin1');
const SLOT_DISTANCE_BYTES = 4096;
const SLOT_BYTES = 56;
const CRC_OFFSET = SLOT_BYTES - 4;
/**
 * No count reaches this value at one store per second. A slot with a larger one is foreign, and would leave
 * no number for the next.
 */
const MAX_GENERATION = 2n ** 63n;

export class CheckpointFile {
  private fd: number | null = null;
  private generation = 0n;
  private found = false;
  readonly path: string;

  constructor(
    private readonly files: FileSystem,
    directory: string,
  ) {
    this.path = join(directory, CHECKPOINT_NAME);
  }

  /**
   * Reads the newest readable slot; null if there is none.
   * @throws IoError (`JOURNAL_IO`) for a file that this user may not read
   */
  load(): CheckpointState | null {
    const bytes = this.readSlots();
    if (bytes === null) return null;
    const slots = [decodeSlot(bytes, 0), decodeSlot(bytes, SLOT_DISTANCE_BYTES)].filter(
      (slot) => slot !== null,
    );
    slots.sort((a, b) => (a.generation < b.generation ? 1 : -1));
    const newest = slots[0];
    if (newest === undefined) return null;
    this.generation = newest.generation;
    return newest.state;
  }

  /** Creates the file if it is missing; the caller syncs the directory. @throws IoError (`JOURNAL_IO`) */
  make(): void {
    this.writableFd();
  }

  /** Replaces the older slot, durably. Everything that `state` covers must be durable already. */
  async store(state: CheckpointState): Promise<void> {
    const fd = this.writableFd();
    const generation = this.generation + 1n;
    const position = Number(generation % 2n) * SLOT_DISTANCE_BYTES;
    this.files.write(fd, encodeSlot(generation, state), position, this.path);
    await this.files.sync(fd, this.path);
    // Not before the sync: after a failed write, only the other slot is good.
    this.generation = generation;
  }

  /** Whether the file exists, with any content: then this engine has written in the directory. */
  get exists(): boolean {
    return this.found;
  }

  close(): void {
    if (this.fd === null) return;
    const fd = this.fd;
    this.fd = null;
    this.files.closeFile(fd, this.path);
  }

  private readSlots(): Buffer | null {
    try {
      const fd = this.files.openFile(this.path, 'read');
      this.found = true;
      try {
        const bytes = Buffer.alloc(SLOT_DISTANCE_BYTES + SLOT_BYTES);
        if (this.files.fileSize(fd, this.path) < bytes.length) return null;
        this.files.read(fd, bytes, 0, this.path);
        return bytes;
      } finally {
        this.files.closeFile(fd, this.path);
      }
    } catch (error) {
      if (error instanceof NotAFileError) throw error; // it would block the real file
      // A reader that treats it as missing would wait for durable entries forever.
      if (error instanceof IoError && error.osCode === 'EACCES') throw error;
      if (!isNotFound(error)) this.found = true;
      return null; // missing or unreadable: only a bound is lost
    }
  }

  private writableFd(): number {
    if (this.fd !== null) return this.fd;
    let fd: number;
    try {
      fd = this.files.openFile(this.path, 'write');
    } catch (error) {
      if (!isNotFound(error)) throw error;
      fd = this.files.openFile(this.path, 'create');
    }
    this.found = true;
    try {
      const sizeBytes = 2 * SLOT_DISTANCE_BYTES;
      // Written in full once, so that later stores need no further space.
      if (this.files.fileSize(fd, this.path) !== sizeBytes)
        this.files.write(fd, Buffer.alloc(sizeBytes), 0, this.path);
    } catch (error) {
      this.files.closeFile(fd, this.path);
      throw error;
    }
    this.fd = fd;
    return fd;
  }
}

function encodeSlot(generation: bigint, state: CheckpointState): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  MAGIC.copy(slot, 0);
  slot.writeBigUInt64LE(generation, 8);
  slot.writeBigUInt64LE(state.segmentStart, 16);
  slot.writeBigUInt64LE(BigInt(state.durableOffset), 24);
  slot.writeBigUInt64LE(state.lastSequence ?? 0n, 32);
  slot.writeBigUInt64LE(BigInt(state.maxUnsyncedBytes), 40);
  slot.writeUInt8(state.lastSequence === null ? 1 : 0, 48);
  slot.writeUInt32LE(crc32(slot, 0, CRC_OFFSET), CRC_OFFSET);
  return slot;
}

function decodeSlot(bytes: Buffer, offset: number): { generation: bigint; state: CheckpointState } | null {
  const slot = bytes.subarray(offset, offset + SLOT_BYTES);
  if (!slot.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  if (crc32(slot, 0, CRC_OFFSET) !== slot.readUInt32LE(CRC_OFFSET)) return null;
  const generation = slot.readBigUInt64LE(8);
  if (generation > MAX_GENERATION) return null;
  const durableOffset = slot.readBigUInt64LE(24);
  const maxUnsyncedBytes = slot.readBigUInt64LE(40);
  if (durableOffset > BigInt(Number.MAX_SAFE_INTEGER) || maxUnsyncedBytes > BigInt(Number.MAX_SAFE_INTEGER))
    return null;
  return {
    generation,
    state: {
      segmentStart: slot.readBigUInt64LE(16),
      durableOffset: Number(durableOffset),
      lastSequence: slot.readUInt8(48) === 1 ? null : slot.readBigUInt64LE(32),
      maxUnsyncedBytes: Number(maxUnsyncedBytes),
    },
  };
}
