/** Entries on the heap that wait to be written together, and the callers who wait for them. */
import { ENTRY_OVERHEAD_BYTES, finishEntry, HEADER_BYTES } from '../format/entry-format.js';

const INITIAL_BYTES = 64 * 1024;
/** A group that grew beyond this once does not keep its buffer. */
const KEEP_BYTES = 8 * 1024 * 1024;

type Resolve = () => void;
type Reject = (error: unknown) => void;

// One executor for all promises: a closure for each costs as much as the promise. It runs before the constructor returns.
let resolveNewest: Resolve = () => undefined;
let rejectNewest: Reject = () => undefined;
function keepNewest(resolve: Resolve, reject: Reject): void {
  resolveNewest = resolve;
  rejectNewest = reject;
}

export class StagedGroup {
  #bytes: Buffer;
  #view: DataView;
  /** Somebody writes behind the last entry, and may call code that adds another one meanwhile. */
  #lent = false;
  // The arrays keep their length when a group is reused, so that they grow once; what counts is told by the numbers.
  /** Offset behind each entry. */
  readonly #ends: number[] = [];
  #count = 0;
  #sizeBytes = 0;
  /** By waiter, in the order they came: the index behind its last entry. */
  readonly #waiterEnds: number[] = [];
  readonly #resolves: Resolve[] = [];
  readonly #rejects: Reject[] = [];
  #waiters = 0;
  /** Waiters before this one are settled. */
  #settled = 0;
  #firstSequence = 0n;
  /** Entries before this index may have reached the file. Owned by who writes the group, like `stored`. */
  begun = 0;
  /** Entries before this index are acknowledged, though their callers need not know yet. */
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

  /** Where the next entry's payload belongs: from `payloadOffset` on in `bytes`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get payloadOffset(): number {
    return this.#sizeBytes + HEADER_BYTES;
  }

  /** Nobody's entries are in it, and nobody is about to add one. */
  get isUnused(): boolean {
    return this.#count === 0 && this.#waiters === 0 && !this.#lent;
  }

  get isLent(): boolean {
    return this.#lent;
  }

  /** The caller is going to write a payload of up to `payloadBytes` in its place, then calls `giveBack`. */
  lend(payloadBytes: number): void {
    this.#reserve(payloadBytes);
    this.#lent = true;
  }

  giveBack(): void {
    this.#lent = false;
  }

  /** Adds an entry whose payload lies in its place already. */
  addInPlace(sequenceNum: bigint, timestampNs: bigint, payloadBytes: number): void {
    if (this.#count === 0) this.#firstSequence = sequenceNum;
    const end = finishEntry(this.#view, this.#sizeBytes, sequenceNum, timestampNs, payloadBytes);
    this.#ends[this.#count] = end;
    this.#count += 1;
    this.#sizeBytes = end;
  }

  add(sequenceNum: bigint, timestampNs: bigint, payload: Uint8Array): void {
    // What somebody is writing there stays whole in the old buffer.
    if (this.#lent) this.#move(this.#bytes.length);
    this.#reserve(payload.length);
    this.#bytes.set(payload, this.payloadOffset);
    this.addInPlace(sequenceNum, timestampNs, payload.length);
  }

  /** Adds the entries of another group behind the own ones; they must follow on them. The other one keeps its own. */
  join(other: StagedGroup): void {
    // What somebody is writing there stays whole in the old buffer.
    if (this.#lent) this.#move(this.#bytes.length);
    this.#makeRoomFor(other.#sizeBytes);
    other.#bytes.copy(this.#bytes, this.#sizeBytes, 0, other.#sizeBytes);
    if (this.#count === 0) this.#firstSequence = other.#firstSequence;
    for (let index = 0; index < other.#count; index += 1)
      this.#ends[this.#count + index] = this.#sizeBytes + (other.#ends[index] as number);
    this.#count += other.#count;
    this.#sizeBytes += other.#sizeBytes;
  }

  /** Settled when every entry added so far is stored. */
  wait(): Promise<void> {
    const stored = new Promise<void>(keepNewest);
    const index = this.#waiters;
    this.#waiterEnds[index] = this.#count;
    this.#resolves[index] = resolveNewest;
    this.#rejects[index] = rejectNewest;
    this.#waiters = index + 1;
    return stored;
  }

  /** The largest index up to which the entries from `from` fit into `limitBytes`. */
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

  /** Where the waiter's entries start that the entry at `index` belongs to: a batch is refused as a whole. */
  batchStart(index: number): number {
    let start = 0;
    for (let waiter = 0; waiter < this.#waiters; waiter += 1) {
      if (this.#endOfWaiter(waiter) > index) break;
      start = this.#endOfWaiter(waiter);
    }
    return start;
  }

  /**
   * Tells those whose entries are `stored`.
   * @param callers so many of them at most
   * @returns whether all of them know
   */
  resolveStored(callers: number): boolean {
    const end = Math.min(this.#waiters, this.#settled + callers);
    let waiter = this.#settled;
    for (; waiter < end && this.#endOfWaiter(waiter) <= this.stored; waiter += 1)
      (this.#resolves[waiter] as Resolve)();
    this.#settled = waiter;
    return waiter === this.#waiters || this.#endOfWaiter(waiter) > this.stored;
  }

  /**
   * Rejects everyone who still waits: whose entries are not stored, once the others know.
   * @param errorFor is asked with the index range of each one's entries
   */
  rejectRest(errorFor: (start: number, end: number) => unknown): void {
    for (; this.#settled < this.#waiters; this.#settled += 1) {
      const start = this.#startOfWaiter(this.#settled);
      (this.#rejects[this.#settled] as Reject)(errorFor(start, this.#endOfWaiter(this.#settled)));
    }
  }

  /**
   * Drops the entries from `index` on, and rejects who waits for any of them.
   * @param errorFor is told whether earlier entries of the same caller are kept
   */
  truncate(index: number, errorFor: (begun: boolean) => unknown): void {
    this.#count = index;
    this.#sizeBytes = this.#offsetOf(index);
    let kept = this.#waiters;
    while (kept > 0 && this.#endOfWaiter(kept - 1) > index) kept -= 1;
    for (let waiter = kept; waiter < this.#waiters; waiter += 1)
      (this.#rejects[waiter] as Reject)(errorFor(this.#startOfWaiter(waiter) < index));
    this.#waiters = kept;
  }

  /** Empties the group for reuse. */
  reset(): void {
    this.#count = 0;
    this.#sizeBytes = 0;
    this.begun = 0;
    this.stored = 0;
    // These would keep the promises of their callers alive.
    this.#resolves.fill(nothing, 0, this.#waiters);
    this.#rejects.fill(nothing, 0, this.#waiters);
    this.#waiters = 0;
    this.#settled = 0;
    if (this.#bytes.length > KEEP_BYTES) this.#replaceBytes(INITIAL_BYTES);
  }

  #offsetOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] as number);
  }

  #endOfWaiter(waiter: number): number {
    return this.#waiterEnds[waiter] as number;
  }

  #startOfWaiter(waiter: number): number {
    return waiter === 0 ? 0 : this.#endOfWaiter(waiter - 1);
  }

  /** Makes room for an entry of so much payload behind the last one. */
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
    this.#lent = false;
  }
}

function nothing(): void {}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
