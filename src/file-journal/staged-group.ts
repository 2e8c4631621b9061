/** Entries on the heap that wait to be written together, and the callers who wait for them. */
import { ENTRY_OVERHEAD_BYTES, writeEntry } from './entry-format.js';

const INITIAL_BYTES = 64 * 1024;
/** A group that grew beyond this once does not keep its buffer. */
const KEEP_BYTES = 8 * 1024 * 1024;

interface Waiter {
  /** Index behind its last entry. */
  readonly end: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class StagedGroup {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  /** Offset behind each entry. */
  #ends: number[] = [];
  #waiters: Waiter[] = [];
  /** Waiters before this one are settled. */
  #settled = 0;
  #firstSequence = 0n;

  get count(): number {
    return this.#ends.length;
  }

  get sizeBytes(): number {
    return this.#ends[this.#ends.length - 1] ?? 0;
  }

  /** Sequences in a group are consecutive. */
  sequenceAt(index: number): bigint {
    return this.#firstSequence + BigInt(index);
  }

  add(sequenceNum: bigint, timestampNs: bigint, payload: Uint8Array): void {
    const offset = this.sizeBytes;
    this.#reserve(offset + ENTRY_OVERHEAD_BYTES + payload.length);
    if (this.#ends.length === 0) this.#firstSequence = sequenceNum;
    this.#ends.push(writeEntry(this.#bytes, offset, sequenceNum, timestampNs, payload));
  }

  /** Settled when every entry added so far is stored. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ end: this.count, resolve, reject });
    });
  }

  /** The largest index up to which the entries from `from` fit into `limitBytes`. */
  fitting(from: number, limitBytes: number): number {
    const start = this.#offsetOf(from);
    let to = from;
    while (to < this.#ends.length && (this.#ends[to] as number) - start <= limitBytes) to += 1;
    return to;
  }

  /** The bytes of entries `from` … `to` - 1; valid until `reset`. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#offsetOf(from), this.#offsetOf(to));
  }

  /** Where the waiter's entries start that the entry at `index` belongs to: a batch is refused as a whole. */
  batchStart(index: number): number {
    let start = 0;
    for (const waiter of this.#waiters) {
      if (waiter.end > index) break;
      start = waiter.end;
    }
    return start;
  }

  /** Tells everyone whose entries lie before `to` that they are stored. */
  resolveUpTo(to: number): void {
    for (; this.#settled < this.#waiters.length; this.#settled += 1) {
      const waiter = this.#waiters[this.#settled] as Waiter;
      if (waiter.end > to) return;
      waiter.resolve();
    }
  }

  /**
   * Rejects everyone who still waits.
   * @param errorFor is asked with the index range of each one's entries
   */
  rejectRest(errorFor: (start: number, end: number) => unknown): void {
    let start = this.#settled === 0 ? 0 : (this.#waiters[this.#settled - 1] as Waiter).end;
    for (; this.#settled < this.#waiters.length; this.#settled += 1) {
      const waiter = this.#waiters[this.#settled] as Waiter;
      waiter.reject(errorFor(start, waiter.end));
      start = waiter.end;
    }
  }

  /**
   * Drops the entries from `index` on, and rejects who waits for any of them.
   * @param errorFor is told whether earlier entries of the same caller are kept
   */
  truncate(index: number, errorFor: (begun: boolean) => unknown): void {
    const kept = this.#waiters.filter((waiter) => waiter.end <= index);
    const dropped = this.#waiters.slice(kept.length);
    this.#waiters = kept;
    this.#ends.length = index;
    let start = kept.at(-1)?.end ?? 0;
    for (const waiter of dropped) {
      waiter.reject(errorFor(start < index));
      start = waiter.end;
    }
  }

  /** Empties the group for reuse. */
  reset(): void {
    this.#ends = [];
    this.#waiters = [];
    this.#settled = 0;
    if (this.#bytes.length > KEEP_BYTES) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  #offsetOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] as number);
  }

  #reserve(neededBytes: number): void {
    if (neededBytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.sizeBytes);
    this.#bytes = grown;
  }
}
