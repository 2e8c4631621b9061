import { LinkStore, NO_LINK } from './aggregate-links.js';

const FIRST_CAPACITY = 1_024;

/** The columns of the index: a row for each aggregate, in the order of their first events. */
export class AggregateRows {
  /** Aggregates whose class is not known; see AggregateIndex. */
  readonly unclaimed = new Map<string, number>();
  /** Rows with events that were stored without a type, and that several classes, or none, have a handler for. */
  readonly ambiguous = new Set<number>();
  /** Ids whose events were stored without a type, and are of several classes. */
  readonly shared = new Set<string>();
  /** Of those, the ids with an event that may be any of these classes', and the sequence of the first such event. */
  readonly mixedUp = new Map<string, bigint>();
  /** The type that each name of an event that was stored without one stands for. */
  readonly typesOfEvents = new Map<string, string | null>();
  private readonly claimed = new Map<string, Map<string, number>>();
  private count = 0;
  private lastLinks = new Uint32Array(FIRST_CAPACITY);
  private eventCounts = new Uint32Array(FIRST_CAPACITY);
  private readonly links = new LinkStore();

  /** Types of which there are aggregates. */
  types(): string[] {
    return [...this.claimed.keys()];
  }

  /** Aggregates of a type, and those that are unclaimed, in the order of their first events. */
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

  /** Oldest first; only those after `after`. */
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

  /** Every aggregate with its type, null while it is unclaimed; in the order of the rows. */
  all(): { readonly type: string | null; readonly id: string; readonly row: number }[] {
    const all = [...this.unclaimed].map(([id, row]) => ({ type: null as string | null, id, row }));
    for (const [type, rows] of this.claimed) for (const [id, row] of rows) all.push({ type, id, row });
    return all.sort((a, b) => a.row - b.row);
  }

  /** The row of an aggregate, made where it is missing; an unclaimed one of this id is its own from now on. */
  claim(type: string, id: string): number {
    let rows = this.claimed.get(type);
    if (rows === undefined) this.claimed.set(type, (rows = new Map()));
    let row = rows.get(id);
    if (row !== undefined) return row;
    row = this.unclaimed.get(id) ?? this.create();
    this.unclaimed.delete(id);
    rows.set(id, row);
    return row;
  }

  createUnclaimed(id: string): number {
    const row = this.create();
    this.unclaimed.set(id, row);
    return row;
  }

  /** Notes an event of the aggregate in the entry of this sequence. */
  add(sequence: bigint, row: number): void {
    const last = this.lastLinks[row] ?? NO_LINK;
    if (last === NO_LINK || this.links.sequenceOf(last) !== sequence) this.link(sequence, row);
    this.eventCounts[row] = (this.eventCounts[row] ?? 0) + 1;
  }

  /** As `add`, for an event that was stored without a type. @param type of the only class with a handler for it, or null */
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

  /** Notes that the entry of this sequence has events of the aggregate. */
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
