import { trailingCommandId } from '../serialization/index.js';
import { type Journal, type JournalEntry } from '../journal/index.js';
import { entriesFrom, isReplayGap } from './entries-from.js';

/** Default number of entries in a {@link CommandIdWindow}. */
export const DEFAULT_COMMAND_WINDOW = 65_536;

/**
 * The ids of the commands in the last entries of a journal, with their sequences. The window does not keep
 * events; it reads them again from the journal. Its size counts entries, not ids, so that a restart finds the
 * same window. Loading searches the payloads of that many entries, archived ones included, without decoding
 * them.
 *
 * Of several entries with the same id, the last one counts. Only external events can repeat an id.
 */
export class CommandIdWindow {
  /**
   * Places of entries by id: their distance from `base`. A small number takes no object, which a bigint does.
   * May contain entries that are no longer in the window.
   */
  private readonly places = new Map<string, number>();
  /** The first sequence that was recorded; null before. */
  private base: bigint | null = null;
  /**
   * The window has read every entry before this sequence; null before the first load. Set by `load`,
   * `follow`, `recordCommitted` and `recordRefused`.
   */
  private next: bigint | null = null;
  private sweepAt = 0;

  constructor(
    private readonly journal: Journal,
    private readonly entries: number,
  ) {}

  get isLoaded(): boolean {
    return this.next !== null;
  }

  /** Number of ids in memory: at most an eighth more than the window has entries. */
  get size(): number {
    return this.places.size;
  }

  /**
   * The sequence of the command with this id; null if it is not in the window that ends before
   * `nextSequence`.
   */
  find(id: string, nextSequence: bigint): bigint | null {
    const place = this.places.get(id);
    if (place === undefined) return null;
    const sequence = this.sequenceOf(place);
    return sequence < this.startAt(nextSequence) ? null : sequence;
  }

  /** The oldest entry in the window that has an id; null if there is none. */
  firstNeeded(nextSequence: bigint): bigint | null {
    if (this.places.size === 0) return null;
    const start = this.placeOf(this.startAt(nextSequence));
    let first: number | null = null;
    for (const place of this.places.values()) {
      if (place >= start && (first === null || place < first)) first = place;
    }
    return first === null ? null : this.sequenceOf(first);
  }

  /** Records an event that the journal accepted. */
  recordCommitted(sequence: bigint, id: string | null): void {
    if (this.next === sequence) this.next = sequence + 1n;
    if (id !== null) this.remember(id, sequence);
  }

  /** Records that an accepted event was not stored: the next entry gets its sequence, and must be read. */
  recordRefused(sequence: bigint): void {
    if (this.next !== null && this.next > sequence) this.next = sequence;
  }

  /** Removes an id whose entry was not stored. */
  forget(id: string, sequence: bigint): void {
    if (this.places.get(id) === this.placeOf(sequence)) this.places.delete(id);
  }

  /** Reads the window from the journal. Rejects with what reading throws; the window is not loaded then. */
  async load(): Promise<void> {
    this.places.clear();
    this.base = null;
    this.sweepAt = 0;
    this.next = null;
    await this.read(0n);
  }

  /** Reads the entries that were appended without the Sequencer. Rejects as {@link load} does. */
  async follow(): Promise<void> {
    if (this.next === null) return this.load();
    try {
      await this.read(this.next);
    } catch (error) {
      this.next = null;
      throw error;
    }
  }

  private async read(from: bigint): Promise<void> {
    const { lastSequence } = this.journal;
    const end = lastSequence === null ? from : lastSequence + 1n;
    const start = this.startAt(end);
    let at: bigint | null = from > start ? from : start;
    while (at !== null) at = await this.readUpToGap(at);
    if (this.next === null || this.next < end) this.next = end;
  }

  /**
   * @returns the sequence to continue at, after archived entries that were moved away with their ids; null at
   * the end
   */
  private async readUpToGap(from: bigint): Promise<bigint | null> {
    try {
      for await (const entry of entriesFrom(this.journal, from)) {
        const id = idOf(entry);
        if (id !== null) this.remember(id, entry.sequenceNum);
      }
      return null;
    } catch (error) {
      const { firstAvailableSequence: firstLive } = this.journal;
      const next = isReplayGap(error) ? error.actualSequence : null;
      if (next === null || firstLive === null || next <= from || next > firstLive) throw error;
      return next;
    }
  }

  private remember(id: string, sequence: bigint): void {
    const place = this.placeOf(sequence);
    const known = this.places.get(id);
    // An entry that is committed during the read is newer than the entries that are read.
    if (known === undefined || known < place) this.places.set(id, place);
    if (place >= this.sweepAt) this.sweep(place);
  }

  /** Removes ids that left the window. It visits every id, so it runs once per eighth of the window. */
  private sweep(newest: number): void {
    this.sweepAt = newest + Math.ceil(this.entries / 8);
    const start = newest + 1 - this.entries;
    // Unlike a loop, `forEach` makes no list for each entry.
    this.places.forEach((place, id) => place < start && this.places.delete(id));
  }

  /** A journal never holds so many entries that the distance is not exact. */
  private placeOf(sequence: bigint): number {
    this.base ??= sequence;
    return Number(sequence - this.base);
  }

  private sequenceOf(place: number): bigint {
    return (this.base ?? 0n) + BigInt(place);
  }

  private startAt(nextSequence: bigint): bigint {
    const start = nextSequence - BigInt(this.entries);
    return start > 0n ? start : 0n;
  }
}

function idOf(entry: JournalEntry): string | null {
  const found = trailingCommandId(entry.payload);
  return found === 'unclear' ? (entry.event.commandId ?? null) : (found?.id ?? null);
}
