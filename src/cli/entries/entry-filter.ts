import type { JournalEntry } from '../../journal/index.js';
import type { HeaderFilterOptions } from './filter-options.js';
import type { PayloadFilter } from './payload-filter.js';

/** Decides for each entry, in order, whether it matches and whether later entries can match. */
export class EntryFilter {
  private readonly last: bigint | null;
  private readonly since: bigint | null;
  private readonly until: bigint | null;
  private left: number;

  constructor(
    { to, since, until }: HeaderFilterOptions,
    private readonly payload: PayloadFilter | null,
    limit: number | undefined,
  ) {
    this.last = to ?? null;
    this.since = since ?? null;
    this.until = until ?? null;
    this.left = limit ?? Infinity;
  }

  /**
   * Times need not ascend: only sequences and the limit end the reading.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) if the payload decides and cannot be decoded
   */
  choose(entry: JournalEntry): 'chosen' | 'not-chosen' | 'end' {
    if (this.left <= 0) return 'end';
    const { last, since, until } = this;
    if (last !== null && entry.sequenceNum > last) return 'end';
    if (since !== null && entry.timestampNs < since) return 'not-chosen';
    if (until !== null && entry.timestampNs >= until) return 'not-chosen';
    if (this.payload !== null && !this.payload.matches(entry)) return 'not-chosen';
    this.left -= 1;
    return 'chosen';
  }

  /** Runs a piece of work that chooses entries. Stops an expression that does not end. */
  run<T>(work: () => T): T {
    return this.payload === null ? work() : this.payload.run(work);
  }

  /** Whether the last chosen entry was the last one. */
  get isExhausted(): boolean {
    return this.left <= 0;
  }
}
