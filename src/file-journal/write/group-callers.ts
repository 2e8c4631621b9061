import { SharedOutcome } from './shared-outcome.js';

/**
 * So many callers are resolved in one turn of the event loop. Most append again at once, and no timer or
 * socket is served until they have.
 */
const CALLERS_PER_TURN = 128;

/** Callers that follow each other, from the one with the index `first` on. */
interface Party {
  readonly first: number;
  readonly outcome: SharedOutcome;
}

/**
 * The callers of a group in the order of their appends, and their promises.
 *
 * Parties of callers share an outcome, because nearly always all their entries are stored at once. Where they
 * are not, all pending parties are split. Otherwise some caller would be called back too early, because fewer
 * promises lie before its own.
 */
export class GroupCallers {
  /** By caller: the index after its last entry. Keeps its length when the group is reused. */
  readonly #ends: number[] = [];
  #count = 0;
  /** Callers before this one are settled. */
  #settled = 0;
  readonly #parties: Party[] = [];
  /** The party of the first caller that is not settled. */
  #current = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds the caller of the entries up to `end`. @returns a promise that settles when theirs is decided */
  add(end: number): Promise<void> {
    let party = this.#parties[this.#parties.length - 1];
    if (party === undefined || party.outcome.isSplit || party.outcome.callers === CALLERS_PER_TURN) {
      party = { first: this.#count, outcome: new SharedOutcome() };
      this.#parties.push(party);
    }
    this.#ends[this.#count] = end;
    this.#count += 1;
    return party.outcome.add();
  }

  /** Index of the first entry of the caller that the entry at `index` belongs to. */
  startOfCallerOf(index: number): number {
    let start = 0;
    for (let caller = 0; caller < this.#count; caller += 1) {
      if (this.#endOf(caller) > index) break;
      start = this.#endOf(caller);
    }
    return start;
  }

  /**
   * Resolves the callers of one turn whose entries lie before `stored`.
   * @returns whether all such callers are resolved
   */
  resolveTurn(stored: number): boolean {
    if (this.#isResolvedUpTo(stored)) return true;
    const { first, outcome } = this.#parties[this.#current] as Party;
    const end = Math.min(first + outcome.callers, this.#count);
    if (!outcome.isSplit && this.#endOf(end - 1) <= stored) {
      outcome.resolve();
      this.#settled = end;
    } else {
      this.#split();
      for (; this.#settled < end && !this.#isResolvedUpTo(stored); this.#settled += 1)
        outcome.resolveOne(this.#settled - first);
    }
    if (this.#settled === end) this.#current += 1;
    return this.#isResolvedUpTo(stored);
  }

  /**
   * Rejects all pending callers. The callers of stored entries must be resolved before.
   * @param errorFor returns the error of a caller, given the index of its first entry
   */
  rejectRest(errorFor: (start: number) => unknown): void {
    this.#rejectFrom(this.#settled, errorFor);
    this.#settled = this.#count;
    this.#current = this.#parties.length;
  }

  /**
   * Rejects and forgets the callers of entries from `index` on.
   * @param errorFor returns the error of a caller, given the index of its first entry
   */
  drop(index: number, errorFor: (start: number) => unknown): void {
    let kept = this.#count;
    while (kept > 0 && this.#endOf(kept - 1) > index) kept -= 1;
    this.#rejectFrom(kept, errorFor);
    this.#count = kept;
    while ((this.#parties.at(-1)?.first ?? -1) >= kept) this.#parties.pop();
  }

  /** Forgets all callers, who must be settled. */
  reset(): void {
    this.#count = 0;
    this.#settled = 0;
    this.#parties.length = 0;
    this.#current = 0;
  }

  #rejectFrom(from: number, errorFor: (start: number) => unknown): void {
    if (from === this.#count) return;
    this.#split();
    for (const { first, outcome } of this.#parties) {
      const end = Math.min(first + outcome.callers, this.#count);
      for (let caller = Math.max(first, from); caller < end; caller += 1)
        outcome.rejectOne(caller - first, errorFor(this.#startOf(caller)));
    }
  }

  #split(): void {
    for (let party = this.#current; party < this.#parties.length; party += 1)
      this.#parties[party]?.outcome.split();
  }

  #isResolvedUpTo(stored: number): boolean {
    return this.#settled === this.#count || this.#endOf(this.#settled) > stored;
  }

  #endOf(caller: number): number {
    return this.#ends[caller] as number;
  }

  #startOf(caller: number): number {
    return caller === 0 ? 0 : this.#endOf(caller - 1);
  }
}
