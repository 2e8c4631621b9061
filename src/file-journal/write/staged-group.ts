import { CRC_BYTES, ENTRY_OVERHEAD_BYTES, finishEntry, HEADER_BYTES } from '../format/entry-format.js';

const INITIAL_BYTES = 64 * 1024;
/** A group does not keep a larger buffer for reuse. */
const KEEP_BYTES = 8 * 1024 * 1024;

type Resolve = () => void;
type Reject = (error: unknown) => void;

// One executor for all promises: a closure for each would cost as much as the promise. It runs inside the
// constructor.
let resolveNewest: Resolve = () => undefined;
let rejectNewest: Reject = () => undefined;
function keepNewest(resolve: Resolve, reject: Reject): void {
  resolveNewest = resolve;
  rejectNewest = reject;
}

/** Entries in memory that are written together, and the promises of their callers. */
export class StagedGroup {
  #bytes: Buffer;
  #view: DataView;
  /** A codec writes a payload after the last entry. It may call code that adds another entry meanwhile. */
  #isPayloadOpen = false;
  // The arrays keep their length when a group is reused, so that they grow once. The counts say how much is
  // valid.
  /** Offset after each entry. */
  readonly #ends: number[] = [];
  #count = 0;
  #sizeBytes = 0;
  /** By caller, in the order of their appends: the index after its last entry. */
  readonly #callerEnds: number[] = [];
  readonly #resolves: Resolve[] = [];
  readonly #rejects: Reject[] = [];
  #callers = 0;
  /** Callers before this one are settled. */
  #settled = 0;
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
    return this.#count === 0 && this.#callers === 0 && !this.#isPayloadOpen;
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
    const stored = new Promise<void>(keepNewest);
    const index = this.#callers;
    this.#callerEnds[index] = this.#count;
    this.#resolves[index] = resolveNewest;
    this.#rejects[index] = rejectNewest;
    this.#callers = index + 1;
    return stored;
  }

  /** The largest index such that the entries from `from` up to it fit into `limitBytes`. */
  fitting(from: number, limitBytes: number): number {
    const start = this.#offsetOf(from);
    if (this.#sizeBytes - start <= limitBytes) return this.#count;
    let to = from;
    while (to < this.#count && (this.#ends[to] as number) - start <= limitBytes) to += 1;
    return to;
  }

  /** The bytes of entries `from` … `to` - 1; valid until `reset`. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#offsetOf(from), this.#offsetOf(to));
  }

  /**
   * Index of the first entry of the append that the entry at `index` belongs to: a batch is refused as a
   * whole.
   */
  batchStart(index: number): number {
    let start = 0;
    for (let caller = 0; caller < this.#callers; caller += 1) {
      if (this.#endOfCaller(caller) > index) break;
      start = this.#endOfCaller(caller);
    }
    return start;
  }

  /**
   * Resolves callers whose entries are stored.
   * @param limit the largest number of callers to resolve
   * @returns whether all such callers are resolved
   */
  resolveStored(limit: number): boolean {
    const end = Math.min(this.#callers, this.#settled + limit);
    let caller = this.#settled;
    for (; caller < end && this.#endOfCaller(caller) <= this.stored; caller += 1)
      (this.#resolves[caller] as Resolve)();
    this.#settled = caller;
    return caller === this.#callers || this.#endOfCaller(caller) > this.stored;
  }

  /**
   * Rejects all pending callers. The callers of stored entries must be resolved first.
   * @param errorFor returns the error of a caller, given the index range of its entries
   */
  rejectRest(errorFor: (start: number, end: number) => unknown): void {
    for (; this.#settled < this.#callers; this.#settled += 1) {
      const start = this.#startOfCaller(this.#settled);
      (this.#rejects[this.#settled] as Reject)(errorFor(start, this.#endOfCaller(this.#settled)));
    }
  }

  /**
   * Drops the entries from `index` on, and rejects their callers.
   * @param errorFor returns the error of a caller, given whether earlier entries of it are kept
   */
  truncate(index: number, errorFor: (begun: boolean) => unknown): void {
    this.#count = index;
    this.#sizeBytes = this.#offsetOf(index);
    let kept = this.#callers;
    while (kept > 0 && this.#endOfCaller(kept - 1) > index) kept -= 1;
    for (let caller = kept; caller < this.#callers; caller += 1)
      (this.#rejects[caller] as Reject)(errorFor(this.#startOfCaller(caller) < index));
    this.#callers = kept;
  }

  /** Empties the group for reuse. */
  reset(): void {
    this.#count = 0;
    this.#sizeBytes = 0;
    this.begun = 0;
    this.stored = 0;
    // The functions would keep the promises of the callers alive.
    this.#resolves.fill(nothing, 0, this.#callers);
    this.#rejects.fill(nothing, 0, this.#callers);
    this.#callers = 0;
    this.#settled = 0;
    if (this.#bytes.length > KEEP_BYTES) this.#replaceBytes(INITIAL_BYTES);
  }

  #offsetOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] as number);
  }

  #endOfCaller(caller: number): number {
    return this.#callerEnds[caller] as number;
  }

  #startOfCaller(caller: number): number {
    return caller === 0 ? 0 : this.#endOfCaller(caller - 1);
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

function nothing(): void {}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
