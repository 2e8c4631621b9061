/** Sizes below this are counted one by one. */
const EXACT_BYTES = 64 * 1024;
/** Each power of two above is divided into this many parts. */
const PARTS = 64;
const LOG_EXACT = Math.log2(EXACT_BYTES);
/** Entries have at most 2^32 bytes. */
const LOG_MAX = 33;

/** A row of the histogram: the number of entries of `fromBytes` up to `toBytes`, both included. */
export interface SizeRow {
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly entries: number;
}

/** The distribution of sizes: exact below 64 KiB, and within 1/64 above. */
export interface SizeSummary {
  readonly minBytes: number;
  readonly medianBytes: number;
  readonly p99Bytes: number;
  readonly maxBytes: number;
  readonly meanBytes: number;
  /** One row per power of two that has entries. */
  readonly histogram: readonly SizeRow[];
}

/** Counts sizes in bounded memory. */
export class SizeHistogram {
  private readonly exact = new Float64Array(EXACT_BYTES);
  private readonly large = new Float64Array((LOG_MAX - LOG_EXACT) * PARTS);
  private count = 0;
  private total = 0;
  private min = Infinity;
  private max = 0;

  add(sizeBytes: number): void {
    this.count += 1;
    this.total += sizeBytes;
    if (sizeBytes < this.min) this.min = sizeBytes;
    if (sizeBytes > this.max) this.max = sizeBytes;
    if (sizeBytes < EXACT_BYTES) this.exact[sizeBytes] = (this.exact[sizeBytes] as number) + 1;
    else {
      const part = Math.floor((Math.log2(sizeBytes) - LOG_EXACT) * PARTS);
      this.large[part] = (this.large[part] as number) + 1;
    }
  }

  /** @returns null if nothing was counted */
  summary(): SizeSummary | null {
    if (this.count === 0) return null;
    return {
      minBytes: this.min,
      medianBytes: this.percentile(0.5),
      p99Bytes: this.percentile(0.99),
      maxBytes: this.max,
      meanBytes: this.total / this.count,
      histogram: this.rows(),
    };
  }

  /** The smallest size that at least this share of the entries does not exceed. */
  private percentile(share: number): number {
    const rank = Math.ceil(this.count * share);
    let seen = 0;
    for (let size = 0; size < EXACT_BYTES; size += 1) {
      seen += this.exact[size] as number;
      if (seen >= rank) return size;
    }
    for (let part = 0; part < this.large.length; part += 1) {
      seen += this.large[part] as number;
      if (seen >= rank) return Math.min(this.max, Math.floor(2 ** (LOG_EXACT + (part + 1) / PARTS)));
    }
    return this.max;
  }

  private rows(): SizeRow[] {
    const rows: SizeRow[] = [];
    for (let power = 0; power < LOG_MAX; power += 1) {
      const fromBytes = 2 ** power;
      const entries =
        power < LOG_EXACT
          ? sum(this.exact.subarray(fromBytes, fromBytes * 2))
          : sum(this.large.subarray((power - LOG_EXACT) * PARTS, (power + 1 - LOG_EXACT) * PARTS));
      if (entries > 0) rows.push({ fromBytes, toBytes: fromBytes * 2 - 1, entries });
    }
    return rows;
  }
}

function sum(counts: Float64Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
