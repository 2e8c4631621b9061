import { CRC_BYTES, ENTRY_OVERHEAD_BYTES, finishEntry, HEADER_BYTES } from '../format/entry-format.js';
import type { EntryRun } from '../segment/sparse-index.js';
import { GroupCallers } from './group-callers.js';

const INITIAL_BYTES = 64 * 1024;
/** A group does not keep a larger buffer for reuse. */
const KEEP_BYTES = 8 * 1024 * 1024;

/** Entries in memory that are written together, and their callers. */
export class StagedGroup {
  #bytes: Buffer;
  #view: DataView;
  /** A codec writes a payload after the last entry. It may call code that adds another entry meanwhile. */
  #isPayloadOpen = false;
  /** Offset after each entry. Keeps its length when the group is reused, so that it grows once. */
  readonly #ends: number[] = [];
  #count = 0;
  #sizeBytes = 0;
  readonly #callers = new GroupCallers();
  #firstSequence = 0n;
  /** Entries before this index may have reached the file. Set by the group commit, like `stored`. */
  begun = 0;
  /** Entries before this index are stored, though their callers may not be resolved yet. */
  stored = 0;

  constructor() {
    this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    this.#view = viewOf(this.#bytes);
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** How many callers its entries have. */
  get callers(): number {
    return this.#callers.count;
  }

  /** Sequences in a group are consecutive. */
  sequenceAt(index: number): bigint {
    return this.#firstSequence + BigInt(index);
  }

  /** The buffer. The payload of the next entry belongs at `payloadOffset`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get payloadOffset(): number {
    return this.#sizeBytes + HEADER_BYTES;
  }

  /** Length of the largest payload that fits at `payloadOffset`: its checksum follows it. */
  get payloadRoomBytes(): number {
    return this.#bytes.length - this.payloadOffset - CRC_BYTES;
  }

  /** Whether it holds no entry and no caller, and no codec writes into it. */
  get isUnused(): boolean {
    return this.#count === 0 && this.#callers.count === 0 && !this.#isPayloadOpen;
  }

  get isEncoding(): boolean {
    return this.#isPayloadOpen;
  }

  /**
   * Reserves space for a payload of up to `payloadBytes`, which a codec will write. `endPayload` follows.
   */
  beginPayload(payloadBytes: number): void {
    this.#reserve(payloadBytes);
    this.#isPayloadOpen = true;
  }

  endPayload(): void {
    this.#isPayloadOpen = false;
  }

  /** Adds an entry whose payload is already in place. */
  addInPlace(sequenceNum: bigint, timestampNs: bigint, payloadBytes: number): void {
    if (this.#count === 0) this.#firstSequence = sequenceNum;
    const end = finishEntry(this.#view, this.#sizeBytes, sequenceNum, timestampNs, payloadBytes);
    this.#ends[this.#count] = end;
    this.#count += 1;
    this.#sizeBytes = end;
  }

  add(sequenceNum: bigint, timestampNs: bigint, payload: Uint8Array): void {
    // A payload that a codec is writing stays intact in the old buffer.
    if (this.#isPayloadOpen) this.#move(this.#bytes.length);
    this.#reserve(payload.length);
    this.#bytes.set(payload, this.payloadOffset);
    this.addInPlace(sequenceNum, timestampNs, payload.length);
  }

  /** Appends the entries of another group, whose sequences must follow. The other group keeps its entries. */
  join(other: StagedGroup): void {
    // A payload that a codec is writing stays intact in the old buffer.
    if (this.#isPayloadOpen) this.#move(this.#bytes.length);
    this.#makeRoomFor(other.#sizeBytes);
    other.#bytes.copy(this.#bytes, this.#sizeBytes, 0, other.#sizeBytes);
    if (this.#count === 0) this.#firstSequence = other.#firstSequence;
    for (let index = 0; index < other.#count; index += 1)
      this.#ends[this.#count + index] = this.#sizeBytes + (other.#ends[index] as number);
    this.#count += other.#count;
    this.#sizeBytes += other.#sizeBytes;
  }

  /**
   * Returns a promise for the caller of the entries added last. It settles when they are stored or refused.
   */
  wait(): Promise<void> {
    return this.#callers.add(this.#count);
  }

  /** The largest index such that the entries from `from` up to it fit into `limitBytes`. */
  fitting(from: number, limitBytes: number): number {
    const start = this.#offsetOf(from);
    if (this.#sizeBytes - start <= limitBytes) return this.#count;
    let to = from;
    while (to < this.#count && (this.#ends[to] as number) - start <= limitBytes) to += 1;
    return to;
  }

  /** The entries `from` … `to` - 1, to be written; valid until `reset`. */
  run(from: number, to: number): EntryRun {
    const start = this.#offsetOf(from);
    return {
      bytes: this.#bytes.subarray(start, this.#offsetOf(to)),
      firstFrom: (offset) => {
        const index = this.#firstAt(start + offset, from, to);
        return index === to
          ? null
          : { sequence: this.sequenceAt(index), offset: this.#offsetOf(index) - start };
      },
    };
  }

  /**
   * Index of the first entry of the append that the entry at `index` belongs to: a batch is refused as a
   * whole.
   */
  batchStart(index: number): number {
    return this.#callers.startOfCallerOf(index);
  }

  /**
   * Resolves callers whose entries are stored, so many as one turn of the event loop may.
   * @returns whether all such callers are resolved
   */
  resolveStored(): boolean {
    return this.#callers.resolveTurn(this.stored);
  }

  /**
   * Rejects all pending callers. The callers of stored entries must be resolved first.
   * @param errorFor returns the error of a caller, given whether its entries may have reached the file
   */
  rejectRest(errorFor: (isBegun: boolean) => unknown): void {
    this.#callers.rejectRest((start) => errorFor(start < this.begun));
  }

  /**
   * Drops the entries from `index` on, and rejects their callers.
   * @param errorFor returns the error of a caller, given whether earlier entries of it are kept
   */
  truncate(index: number, errorFor: (isBegun: boolean) => unknown): void {
    this.#count = index;
    this.#sizeBytes = this.#offsetOf(index);
    this.#callers.drop(index, (start) => errorFor(start < index));
  }

  /** Empties the group for reuse. */
  reset(): void {
    this.#count = 0;
    this.#sizeBytes = 0;
    this.begun = 0;
    this.stored = 0;
    this.#callers.reset();
    if (this.#bytes.length > KEEP_BYTES) this.#replaceBytes(INITIAL_BYTES);
  }

  /** Index of the first entry from `from` on that starts at `offset` or after it; `to` where none does. */
  #firstAt(offset: number, from: number, to: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsetOf(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #offsetOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] as number);
  }

  /** Reserves space for an entry with this payload size. */
  #reserve(payloadBytes: number): void {
    this.#makeRoomFor(ENTRY_OVERHEAD_BYTES + payloadBytes);
  }

  #makeRoomFor(sizeBytes: number): void {
    const neededBytes = this.#sizeBytes + sizeBytes;
    if (neededBytes > this.#bytes.length) this.#move(Math.max(neededBytes, this.#bytes.length * 2));
  }

  #move(lengthBytes: number): void {
    const old = this.#bytes;
    this.#replaceBytes(lengthBytes);
    old.copy(this.#bytes, 0, 0, this.#sizeBytes);
  }

  #replaceBytes(lengthBytes: number): void {
    this.#bytes = Buffer.allocUnsafeSlow(lengthBytes);
    this.#view = viewOf(this.#bytes);
    this.#isPayloadOpen = false;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
