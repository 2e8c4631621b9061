const NS_PER_MINUTE = 60_000_000_000n;
/** A week of minutes. */
const MAX_BUCKETS = 10_080;

/** The entries of one period. */
export interface RateBucket {
  readonly fromNs: bigint;
  readonly entries: number;
  readonly bytes: number;
}

/** Entries over time. */
export interface RateSummary {
  /** 1, or a power of two if the journal spans more minutes than are kept. */
  readonly bucketMinutes: number;
  /** In the order of time; periods without entries are left out. */
  readonly buckets: readonly RateBucket[];
}

/**
 * Counts entries per minute in bounded memory: when there are too many buckets, each pair becomes one. The
 * sums stay exact.
 */
export class RateBuckets {
  private minutes = 1;
  private buckets = new Map<number, { entries: number; bytes: number }>();
  /** The bucket of the last entry; the next one is often in it, too. */
  private current: { readonly index: number; readonly bucket: { entries: number; bytes: number } } | null =
    null;

  add(timestampNs: bigint, bytes: number): void {
    // A u64 of nanoseconds has fewer minutes than 2^53.
    const index = Math.floor(Number(timestampNs / NS_PER_MINUTE) / this.minutes);
    if (this.current?.index !== index) this.current = { index, bucket: this.bucketAt(index) };
    const { bucket } = this.current;
    bucket.entries += 1;
    bucket.bytes += bytes;
    if (this.buckets.size > MAX_BUCKETS) this.merge();
  }

  summary(): RateSummary {
    const widthNs = NS_PER_MINUTE * BigInt(this.minutes);
    const buckets = [...this.buckets]
      .sort(([a], [b]) => a - b)
      .map(([index, count]) => ({ fromNs: BigInt(index) * widthNs, ...count }));
    return { bucketMinutes: this.minutes, buckets };
  }

  private bucketAt(index: number): { entries: number; bytes: number } {
    let bucket = this.buckets.get(index);
    if (bucket === undefined) this.buckets.set(index, (bucket = { entries: 0, bytes: 0 }));
    return bucket;
  }

  private merge(): void {
    const old = this.buckets;
    this.buckets = new Map();
    this.minutes *= 2;
    this.current = null;
    for (const [index, { entries, bytes }] of old) {
      const bucket = this.bucketAt(Math.floor(index / 2));
      bucket.entries += entries;
      bucket.bytes += bytes;
    }
  }
}
