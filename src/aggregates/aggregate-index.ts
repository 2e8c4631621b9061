import type { JournalEntry, SequencerEvent } from '../journal/index.js';
import type { ReplayTarget, SnapshotSupport } from '../replay/index.js';
import type { AggregatePosition } from './aggregate.errors.js';
import { LinkStore, NO_LINK } from './aggregate-links.js';
import { ownersInCommand, ownersOf } from './event-owners.js';
import { VarintReader, VarintWriter } from './varint.js';

/** The index in a snapshot. */
interface IndexState {
  /** A JSON array of all ids, in the order of their first events. */
  readonly ids: string;
  /**
   * Base64 of variable-length integers. For each id: its number of events, of entries, its first sequence, and from each entry the distance
   * to the next.
   */
  readonly chains: string;
}

/** Raised when {@link IndexState} changes. */
const STATE_VERSION = 1;
const FIRST_CAPACITY = 1_024;

/**
 * Which entries hold events of which aggregate. Follows the journal; the events themselves stay on disk. Per entry 12 bytes, per
 * aggregate 8 bytes and its id in a Map.
 */
export class AggregateIndex implements ReplayTarget {
  readonly name = 'domain events';
  lastSequence: bigint | null = null;
  /** The oldest entry with an event of an aggregate: it is read again whenever that aggregate is loaded. */
  oldestNeeded: bigint | null = null;
  readonly snapshots: SnapshotSupport = {
    version: STATE_VERSION,
    capture: () => this.capture(),
    restore: (state, sequence) => this.restore(state as IndexState, sequence),
  };
  /** Position of each id in the columns below. */
  private readonly rows = new Map<string, number>();
  private lastLinks = new Uint32Array(FIRST_CAPACITY);
  private eventCounts = new Uint32Array(FIRST_CAPACITY);
  private readonly links = new LinkStore();

  /** @param isKnown whether a class is registered for the name of an event */
  constructor(private readonly isKnown: (eventName: string) => boolean = () => false) {}

  deliver(event: SequencerEvent): void {
    this.add(event.sequenceNum, ownersInCommand(event.command));
  }

  /** As `deliver`, without decoding the event. */
  deliverEntry(entry: JournalEntry): void {
    this.add(entry.sequenceNum, ownersOf(entry, this.isKnown));
  }

  /** How many aggregates have events. */
  get size(): number {
    return this.rows.size;
  }

  /** Ids of all aggregates that have events, in the order of their first ones. */
  ids(): IterableIterator<string> {
    return this.rows.keys();
  }

  positionOf(aggregateId: string): AggregatePosition {
    const row = this.rows.get(aggregateId);
    if (row === undefined) return { sequence: null, version: 0 };
    return {
      sequence: this.links.sequenceOf(this.lastLinks[row] ?? NO_LINK),
      version: this.eventCounts[row] ?? 0,
    };
  }

  /** Sequences of the entries with events of an aggregate, oldest first; only those after `after`. */
  sequencesOf(aggregateId: string, after: bigint | null = null): bigint[] {
    const row = this.rows.get(aggregateId);
    const sequences: bigint[] = [];
    let link = row === undefined ? NO_LINK : (this.lastLinks[row] ?? NO_LINK);
    while (link !== NO_LINK) {
      const sequence = this.links.sequenceOf(link);
      if (after !== null && sequence <= after) break;
      sequences.push(sequence);
      link = this.links.previousOf(link);
    }
    return sequences.reverse();
  }

  /** What the columns take; the Map of ids comes on top. */
  get columnBytes(): number {
    return this.links.sizeBytes + this.lastLinks.byteLength + this.eventCounts.byteLength;
  }

  private add(sequence: bigint, owners: readonly string[]): void {
    this.lastSequence = sequence;
    if (owners.length > 0) this.oldestNeeded ??= sequence;
    for (const owner of owners) {
      const row = this.rows.get(owner) ?? this.createRow(owner);
      const last = this.lastLinks[row] ?? NO_LINK;
      if (last === NO_LINK || this.links.sequenceOf(last) !== sequence) {
        this.lastLinks[row] = this.links.add(sequence, last);
      }
      this.eventCounts[row] = (this.eventCounts[row] ?? 0) + 1;
    }
  }

  private createRow(aggregateId: string): number {
    const row = this.rows.size;
    if (row === this.lastLinks.length) {
      this.lastLinks = doubled(this.lastLinks);
      this.eventCounts = doubled(this.eventCounts);
    }
    this.lastLinks[row] = NO_LINK;
    this.rows.set(aggregateId, row);
    return row;
  }

  private capture(): IndexState {
    const chains = new VarintWriter();
    for (const [id, row] of this.rows) {
      const sequences = this.sequencesOf(id);
      chains.writeNumber(this.eventCounts[row] ?? 0);
      chains.writeNumber(sequences.length);
      let previous = 0n;
      for (const sequence of sequences) {
        chains.writeBigint(sequence - previous);
        previous = sequence;
      }
    }
    return { ids: JSON.stringify([...this.rows.keys()]), chains: chains.toBase64() };
  }

  private restore(state: IndexState, sequence: bigint): void {
    this.rows.clear();
    this.links.clear();
    this.oldestNeeded = null;
    const chains = new VarintReader(state.chains);
    for (const id of JSON.parse(state.ids) as string[]) {
      const row = this.createRow(id);
      this.eventCounts[row] = chains.readNumber();
      let link = NO_LINK;
      let at = 0n;
      for (let left = chains.readNumber(); left > 0; left -= 1) {
        at += chains.readBigint();
        if (link === NO_LINK && (this.oldestNeeded === null || at < this.oldestNeeded))
          this.oldestNeeded = at;
        link = this.links.add(at, link);
      }
      this.lastLinks[row] = link;
    }
    if (!chains.isAtEnd) throw new RangeError('the index of aggregates holds more than its ids');
    this.lastSequence = sequence;
  }
}

function doubled(column: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}
