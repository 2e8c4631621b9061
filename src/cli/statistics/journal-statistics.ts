import { DeserializationError, JournalError, type JournalEntry } from '../../journal/index.js';
import { entrySizeBytes } from '../../journal-kit/index.js';
import { commandKindOf, resultKindOf, trailingCommandId } from '../../serialization/index.js';
import { fromCommand } from '../../events/index.js';
import { NameCounts, type NameCount } from './name-counts.js';
import { RateBuckets, type RateSummary } from './rate-buckets.js';
import { SizeHistogram, type SizeSummary } from './size-histogram.js';

/** What the entries of a journal have in common. */
export interface JournalStatistics {
  readonly entries: number;
  /** Bytes of the entries, including their headers. */
  readonly bytes: number;
  readonly firstSequence: bigint | null;
  readonly lastSequence: bigint | null;
  readonly earliestNs: bigint | null;
  readonly latestNs: bigint | null;
  /** Sizes of whole entries; null without entries. */
  readonly sizes: SizeSummary | null;
  readonly commands: readonly NameCount[];
  readonly results: readonly NameCount[];
  /** Domain events, and the types of their aggregates; empty if no entry holds any. */
  readonly events: readonly NameCount[];
  readonly aggregateTypes: readonly NameCount[];
  readonly entriesWithCommandId: number;
  /** Entries whose payload cannot be decoded. */
  readonly undecodable: number;
  readonly perMinute: RateSummary;
}

const UNNAMED = '(unnamed)';
const UNDECODABLE = '(cannot be decoded)';
/** The beginning of the envelope around a domain event, and the tag of an entry with several. */
const ENVELOPE = Buffer.from('":{"v":');
const SEVERAL = 'DomainEvents';

/** Counts entries one by one, in bounded memory. Decodes only what the bytes do not show. */
export class StatisticsCollector {
  private entries = 0;
  private bytes = 0;
  private first: bigint | null = null;
  private last: bigint | null = null;
  private earliest: bigint | null = null;
  private latest: bigint | null = null;
  private entriesWithCommandId = 0;
  private undecodable = 0;
  private readonly sizes = new SizeHistogram();
  private readonly commands = new NameCounts();
  private readonly results = new NameCounts();
  private readonly events = new NameCounts();
  private readonly aggregateTypes = new NameCounts();
  private readonly perMinute = new RateBuckets();

  add(entry: JournalEntry): void {
    const { sequenceNum, timestampNs, payload } = entry;
    const sizeBytes = entrySizeBytes(payload.byteLength);
    this.entries += 1;
    this.bytes += sizeBytes;
    this.first ??= sequenceNum;
    this.last = sequenceNum;
    if (this.earliest === null || timestampNs < this.earliest) this.earliest = timestampNs;
    if (this.latest === null || timestampNs > this.latest) this.latest = timestampNs;
    this.sizes.add(sizeBytes);
    this.perMinute.add(timestampNs, sizeBytes);
    try {
      this.addContent(entry, sizeBytes);
    } catch (error) {
      if (!(error instanceof DeserializationError) && !JournalError.isJournalError(error)) throw error;
      this.undecodable += 1;
      this.commands.add(UNDECODABLE, sizeBytes);
      this.results.add(UNDECODABLE, sizeBytes);
    }
  }

  summary(): JournalStatistics {
    return {
      entries: this.entries,
      bytes: this.bytes,
      firstSequence: this.first,
      lastSequence: this.last,
      earliestNs: this.earliest,
      latestNs: this.latest,
      sizes: this.sizes.summary(),
      commands: this.commands.list(),
      results: this.results.list(),
      events: this.events.list(),
      aggregateTypes: this.aggregateTypes.list(),
      entriesWithCommandId: this.entriesWithCommandId,
      undecodable: this.undecodable,
      perMinute: this.perMinute.summary(),
    };
  }

  private addContent(entry: JournalEntry, sizeBytes: number): void {
    const { payload } = entry;
    // Read before anything is counted: they may decode, and fail.
    const command = commandKindOf(payload) ?? kindOf(entry.event.command);
    const result = resultKindOf(payload) ?? kindOf(entry.event.result);
    const hasId = this.hasCommandId(entry);
    const domainEvents = mayHoldEvents(payload, command) ? fromCommand(entry.event.command) : null;
    this.commands.add(command, sizeBytes);
    this.results.add(result, sizeBytes);
    if (hasId) this.entriesWithCommandId += 1;
    for (const { name, aggregateType } of domainEvents ?? []) {
      this.events.add(name, sizeBytes);
      this.aggregateTypes.add(aggregateType ?? UNNAMED, sizeBytes);
    }
  }

  private hasCommandId(entry: JournalEntry): boolean {
    const id = trailingCommandId(entry.payload);
    return id === 'unclear' ? entry.event.commandId !== null : id !== null;
  }
}

function mayHoldEvents(payload: Uint8Array, command: string): boolean {
  if (command === SEVERAL) return true;
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).includes(ENVELOPE);
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return '(list)';
  return Object.keys(value)[0] ?? UNNAMED;
}
