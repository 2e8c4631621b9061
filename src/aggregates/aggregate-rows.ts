import { copyText } from '../common/index.js';
import { EventChainStore, NO_LINK } from './event-chain-store.js';

const FIRST_CAPACITY = 1_024;

/** The columns of the index, with one row per aggregate, in the order of the first events. */
export class AggregateRows {
  /** Rows of the aggregates whose class is not known, by id; see AggregateIndex. */
  readonly unclaimed = new Map<string, number>();
  /**
   * Rows with an event that was stored without a type and for which several classes, or none, have a handler.
   */
  readonly ambiguous = new Set<number>();
  /** Ids whose events were stored without a type, and belong to several classes. */
  readonly shared = new Set<string>();
  /**
   * Shared ids with an event that may belong to any of these classes, with the sequence of the first such
   * event.
   */
  readonly mixedUp = new Map<string, bigint>();
  /** The types of events that were stored without one, by the name of the event. */
  readonly typesOfEvents = new Map<string, string | null>();
  private readonly claimed = new Map<string, Map<string, number>>();
  private count = 0;
  private lastLinks = new Uint32Array(FIRST_CAPACITY);
  private eventCounts = new Uint32Array(FIRST_CAPACITY);
  private readonly links = new EventChainStore();

  /** The types that have aggregates. */
  types(): string[] {
    return [...this.claimed.keys()];
  }

  /** Ids of the aggregates of a type and of the unclaimed ones, in the order of their first events. */
  *ids(type: string): IterableIterator<string> {
    const rows = [...(this.claimed.get(type) ?? []), ...this.unclaimed];
    for (const [id] of rows.sort(([, a], [, b]) => a - b)) yield id;
  }

  /** The types that have an aggregate of this id. */
  claimantsOf(id: string): string[] {
    const types: string[] = [];
    for (const [type, rows] of this.claimed) if (rows.has(id)) types.push(type);
    return types;
  }

  find(type: string, id: string): number | undefined {
    return this.claimed.get(type)?.get(id) ?? this.unclaimed.get(id);
  }

  lastSequenceOf(row: number): bigint {
    return this.links.sequenceOf(this.lastLinks[row] ?? NO_LINK);
  }

  eventsOf(row: number): number {
    return this.eventCounts[row] ?? 0;
  }

  /** The sequences of a row, oldest first; only those after `after`. */
  sequencesOf(row: number, after: bigint | null = null): bigint[] {
    const sequences: bigint[] = [];
    let link = this.lastLinks[row] ?? NO_LINK;
    while (link !== NO_LINK) {
      const sequence = this.links.sequenceOf(link);
      if (after !== null && sequence <= after) break;
      sequences.push(sequence);
      link = this.links.previousOf(link);
    }
    return sequences.reverse();
  }

  get columnBytes(): number {
    return this.links.sizeBytes + this.lastLinks.byteLength + this.eventCounts.byteLength;
  }

  /** Every aggregate, in the order of the rows, with its type; null while it is unclaimed. */
  all(): { readonly type: string | null; readonly id: string; readonly row: number }[] {
    const all = [...this.unclaimed].map(([id, row]) => ({ type: null as string | null, id, row }));
    for (const [type, rows] of this.claimed) for (const [id, row] of rows) all.push({ type, id, row });
    return all.sort((a, b) => a.row - b.row);
  }

  /** Returns the row of an aggregate. Claims the unclaimed row of this id, or adds a row. */
  claim(type: string, id: string): number {
    let rows = this.claimed.get(type);
    if (rows === undefined) this.claimed.set(type, (rows = new Map()));
    let row = rows.get(id);
    if (row !== undefined) return row;
    row = this.unclaimed.get(id) ?? this.create();
    this.unclaimed.delete(id);
    rows.set(copyText(id), row);
    return row;
  }

  createUnclaimed(id: string): number {
    const row = this.create();
    this.unclaimed.set(copyText(id), row);
    return row;
  }

  /** Records one event of the aggregate in the entry of this sequence. */
  add(sequence: bigint, row: number): void {
    const last = this.lastLinks[row] ?? NO_LINK;
    if (last === NO_LINK || this.links.sequenceOf(last) !== sequence) this.link(sequence, row);
    this.eventCounts[row] = (this.eventCounts[row] ?? 0) + 1;
  }

  /**
   * As {@link add}, for an event that was stored without a type.
   * @param type the type of the only class with a handler, or null
   */
  addUntyped(sequence: bigint, id: string, eventName: string, type: string | null): void {
    this.typesOfEvents.set(eventName, type);
    if (type === null) return this.addAmbiguous(sequence, id);
    const isNew = this.claimed.get(type)?.has(id) !== true;
    const others = isNew ? this.claimantsOf(id) : [];
    const isMixed = others.some((other) => this.ambiguous.has(this.find(other, id) ?? -1));
    if (others.length > 0) this.shared.add(id);
    if (isMixed && !this.mixedUp.has(id)) this.mixedUp.set(id, sequence);
    this.add(sequence, this.claim(type, id));
  }

  private addAmbiguous(sequence: bigint, id: string): void {
    const [first, ...others] = this.claimantsOf(id);
    if (others.length > 0 && !this.mixedUp.has(id)) this.mixedUp.set(id, sequence);
    const row =
      first === undefined ? (this.unclaimed.get(id) ?? this.createUnclaimed(id)) : this.claim(first, id);
    this.ambiguous.add(row);
    this.add(sequence, row);
  }

  /** Records that the entry of this sequence contains events of the aggregate. */
  link(sequence: bigint, row: number): void {
    this.lastLinks[row] = this.links.add(sequence, this.lastLinks[row] ?? NO_LINK);
  }

  setEvents(row: number, count: number): void {
    this.eventCounts[row] = count;
  }

  private create(): number {
    const row = this.count;
    this.count += 1;
    if (row === this.lastLinks.length) {
      this.lastLinks = doubled(this.lastLinks);
      this.eventCounts = doubled(this.eventCounts);
    }
    this.lastLinks[row] = NO_LINK;
    return row;
  }
}

function doubled(column: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}
