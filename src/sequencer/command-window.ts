import { trailingCommandId } from '../serialization/index.js';
import { type Journal, type JournalEntry } from '../journal/index.js';
import { entriesFrom, isReplayGap } from './entries-from.js';

/** What a {@link CommandWindow} looks at without a `commandWindow`. */
export const DEFAULT_COMMAND_WINDOW = 65_536;

/**
 * The ids of commands among the last entries of a journal, and where they lie. Only ids and sequences are kept; the events are
 * read again from the journal. Counted in entries, not in ids, so that a restart finds the very same window: it looks through the
 * payloads of that many entries, archived ones included, and decodes none.
 *
 * Of entries with the same id, which only other doors than the Sequencer can make, the last one counts.
 */
export class CommandWindow {
  /** May hold some that have dropped out of the window. */
  private readonly sequences = new Map<string, bigint>();
  /** Everything before it was looked at; null while nothing was. Owned by `load`, `follow` and `recordCommitted`. */
  private next: bigint | null = null;
  private sweepAt = 0n;

  constructor(
    private readonly journal: Journal,
    private readonly entries: number,
  ) {}

  get isLoaded(): boolean {
    return this.next !== null;
  }

  /** Ids that are held: at most an eighth more than the window has entries. */
  get size(): number {
    return this.sequences.size;
  }

  /** Where the command with this id was journaled, if that is in the window of the entry that comes next; or null. */
  find(id: string, nextSequence: bigint): bigint | null {
    const sequence = this.sequences.get(id);
    return sequence === undefined || sequence < this.startAt(nextSequence) ? null : sequence;
  }

  /** The oldest entry with an id that is in the window, for archiving; null when there is none. */
  firstNeeded(nextSequence: bigint): bigint | null {
    const start = this.startAt(nextSequence);
    let first: bigint | null = null;
    for (const sequence of this.sequences.values()) {
      if (sequence >= start && (first === null || sequence < first)) first = sequence;
    }
    return first;
  }

  /** An event was handed to the journal. */
  recordCommitted(sequence: bigint, id: string | null): void {
    if (this.next === sequence) this.next = sequence + 1n;
    if (id !== null) this.remember(id, sequence);
  }

  /** What was handed to the journal is not there. */
  forget(id: string, sequence: bigint): void {
    if (this.sequences.get(id) === sequence) this.sequences.delete(id);
  }

  /** Begins anew with what the journal shows. Rejects with what reading throws; then nothing is loaded. */
  async load(): Promise<void> {
    this.sequences.clear();
    this.next = null;
    await this.read(0n);
  }

  /** Looks at what was appended past the Sequencer. Rejects with what reading throws; then nothing is loaded. */
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

  /** @returns where it goes on behind archived entries that were moved away: nobody can know their ids any more; null at the end */
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
    const known = this.sequences.get(id);
    // What comes in while the journal is read is behind what is read.
    if (known === undefined || known < sequence) this.sequences.set(id, sequence);
    if (sequence >= this.sweepAt) this.sweep(sequence);
  }

  /** Now and then, not each time: it passes over all that is held. */
  private sweep(sequence: bigint): void {
    this.sweepAt = sequence + BigInt(Math.ceil(this.entries / 8));
    const start = this.startAt(sequence + 1n);
    for (const [id, old] of this.sequences) if (old < start) this.sequences.delete(id);
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
