import { CooperativeYield } from '../../common/index.js';
import { JournalError, type JournalEntry } from '../../journal/index.js';
import type { RawJournal } from './open-journal.js';
import type { PayloadFilter } from './payload-filter.js';

/** One read covers this many entries. It holds the event loop for a few milliseconds. */
const BATCH_ENTRIES = 1_024;

/** A crash can remove the entries after the last sync: at most a few megabytes. */
const REMEMBERED_ENTRIES = 65_536;

/** A recovering writer changes the end of the newest segment. This many errors in a row mean damage. */
const MAX_FAILED_READS = 100;

const POLLS_PER_IDLE_CHECK = 10;

const WINDOW = BigInt(BATCH_ENTRIES);

interface ReadEntry {
  readonly sequenceNum: bigint;
  readonly storedCrc: number;
  readonly timestampNs: bigint;
  readonly wasChosen: boolean;
}

/** Reads the end of a journal that another process writes, and notices entries that recovery has cut. */
export class TailReader {
  /** Sequence of the last entry that was read; null before the first. */
  private position: bigint | null = null;
  /** The entries that were read last, which recovery may cut. */
  private remembered: ReadEntry[] = [];
  private failedReads = 0;
  private idlePolls = 0;
  private shrunkTo: bigint | null | 'not' = 'not';

  constructor(
    private readonly journal: RawJournal,
    private readonly durable: boolean,
    private readonly filter: PayloadFilter | null,
    private readonly warn: (text: string) => void,
  ) {}

  /** Returns the last entries that are chosen, and moves to the end of the journal. */
  async last(count: number, signal: AbortSignal): Promise<readonly JournalEntry[]> {
    const end = this.visibleEnd();
    this.position = end;
    let chosen: JournalEntry[] = [];
    const pause = new CooperativeYield();
    // Backwards, because the journal may be large.
    for (let before = end === null ? 0n : end + 1n; before > 0n; before -= WINDOW) {
      const start = before > WINDOW ? before - WINDOW : 0n;
      const { all, chosen: found } = this.read(start, before - 1n);
      if (chosen.length === 0 && this.remembered.length === 0) this.remember(all);
      chosen = [...found, ...chosen];
      const [first] = all;
      // Nothing lies before a window that the journal begins in.
      if (chosen.length >= count || first === undefined || first.sequenceNum > start) break;
      if (pause.isDue) await pause.run();
      signal.throwIfAborted();
    }
    return count === 0 ? [] : chosen.slice(-count);
  }

  /**
   * Returns the matching entries among the new ones; null if there are no new ones.
   * @throws the error of the read, if it persists
   */
  next(): readonly JournalEntry[] | null {
    try {
      const entries = this.step();
      this.failedReads = 0;
      return entries;
    } catch (error) {
      // A DeserializationError concerns a complete entry, which does not change any more.
      if (!JournalError.isJournalError(error) || error.code === 'JOURNAL_DESERIALIZATION') throw error;
      this.failedReads += 1;
      if (this.failedReads >= MAX_FAILED_READS) throw error;
      return null;
    }
  }

  private step(): readonly JournalEntry[] | null {
    const end = this.visibleEnd();
    const { position } = this;
    if (position !== null && (end === null || end < position)) return this.shrink(end);
    this.shrunkTo = 'not';
    if (end === null || (end === position && !this.isIdleCheckDue())) return null;
    const before = this.remembered.at(-1);
    const { firstAvailableSequence: first } = this.journal;
    // An archived segment is durable, so its entries are still the same.
    const isChecked = before !== undefined && first !== null && first <= before.sequenceNum;
    const from = isChecked ? before.sequenceNum : position === null ? (first ?? 0n) : position + 1n;
    const limit = from + BigInt(BATCH_ENTRIES);
    const { all, chosen } = this.read(from, end < limit ? end : limit);
    if (isChecked) {
      const again = all.shift();
      if (again === undefined || !isSame(again, before)) return this.takeBack();
      if (chosen[0]?.sequenceNum === before.sequenceNum) chosen.shift();
    }
    const last = all.at(-1);
    if (last === undefined) return null;
    this.remember(all);
    this.position = last.sequenceNum;
    return chosen;
  }

  /** Without new entries, the last one is compared from time to time: recovery may have replaced it. */
  private isIdleCheckDue(): boolean {
    this.idlePolls = (this.idlePolls + 1) % POLLS_PER_IDLE_CHECK;
    return this.idlePolls === 0;
  }

  /** Fewer entries than before. A rotation can look like this for a moment; recovery is permanent. */
  private shrink(end: bigint | null): null {
    if (this.durable) return null;
    if (this.shrunkTo === end) this.takeBack();
    else this.shrunkTo = end;
    return null;
  }

  /** Goes back to the last entry that is still the same, and warns about the others. */
  private takeBack(): null {
    const [oldest] = this.remembered;
    const end = this.visibleEnd();
    const now = new Map<bigint, JournalEntry>();
    if (oldest !== undefined && end !== null && end >= oldest.sequenceNum) {
      for (const entry of this.entries(oldest.sequenceNum, end)) now.set(entry.sequenceNum, entry);
    }
    const isKept = (one: ReadEntry): boolean => {
      const entry = now.get(one.sequenceNum);
      return entry !== undefined && isSame(entry, one);
    };
    const kept = this.remembered.findLastIndex(isKept) + 1;
    const cut = this.remembered.slice(kept).filter(({ wasChosen }) => wasChosen);
    this.remembered = this.remembered.slice(0, kept);
    this.position =
      this.remembered.at(-1)?.sequenceNum ?? (oldest === undefined ? null : oldest.sequenceNum - 1n);
    if (this.position !== null && this.position < 0n) this.position = null;
    if (cut.length > 0) this.warn(describeCut(cut));
    return null;
  }

  private visibleEnd(): bigint | null {
    const { lastSequence } = this.journal;
    if (!this.durable || lastSequence === null) return lastSequence;
    const { durableSequence } = this.journal;
    if (durableSequence === null) return null;
    return durableSequence < lastSequence ? durableSequence : lastSequence;
  }

  private read(from: bigint, to: bigint): { all: ReadEntry[]; chosen: JournalEntry[] } {
    const all: ReadEntry[] = [];
    const chosen: JournalEntry[] = [];
    const { filter } = this;
    const work = (): void => {
      for (const entry of this.entries(from, to)) {
        const wasChosen = filter === null || filter.matches(entry);
        if (wasChosen) chosen.push(entry);
        const { sequenceNum, storedCrc, timestampNs } = entry;
        all.push({ sequenceNum, storedCrc, timestampNs, wasChosen });
      }
    };
    if (filter === null) work();
    else filter.run(work);
    return { all, chosen };
  }

  private *entries(from: bigint, to: bigint): Iterable<JournalEntry> {
    const { firstAvailableSequence: first } = this.journal;
    const includeArchived = first === null || from < first;
    for (const entry of this.journal.readFrom(from, { includeArchived })) {
      if (entry.sequenceNum > to) return;
      yield entry;
      if (entry.sequenceNum === to) return;
    }
  }

  private remember(entries: readonly ReadEntry[]): void {
    this.remembered.push(...entries);
    if (this.remembered.length > 2 * REMEMBERED_ENTRIES)
      this.remembered = this.remembered.slice(-REMEMBERED_ENTRIES);
  }
}

function isSame(one: Omit<ReadEntry, 'wasChosen'>, other: Omit<ReadEntry, 'wasChosen'>): boolean {
  return one.storedCrc === other.storedCrc && one.timestampNs === other.timestampNs;
}

function describeCut(cut: readonly ReadEntry[]): string {
  const first = cut[0]?.sequenceNum;
  const last = cut.at(-1)?.sequenceNum;
  return first === last
    ? `warning: recovery has cut entry ${first}, printed above; the writer had not acknowledged it`
    : `warning: recovery has cut entries ${first} to ${last}, printed above; the writer had not acknowledged them`;
}
