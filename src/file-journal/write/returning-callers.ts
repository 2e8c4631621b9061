/** More turns than a group of callers usually needs to come back, and few enough to be over at once. */
const MAX_TURNS = 8;
/** The first turn is the rest of the one in which the sync ended. The second one reads all sockets. */
const TURNS_UNTIL_SOCKETS_ARE_READ = 2;

/** The syncs of a journal, as far as they decide how long a group may wait. */
export interface SyncTimes {
  /** How long a sync takes. */
  readonly averageMs: number;
  /** How long ago the last sync ended. */
  sinceLastMs(): number;
}

/**
 * Decides whether the open group waits for the callers of the last one, which usually append again.
 *
 * The group waits while fewer callers have joined it than were pending when the last sync ended, and while
 * each turn of the event loop brings another one. It never waits for longer than a sync takes, so a caller
 * that does not come back delays the others by no more than that.
 *
 * Otherwise the callers split into two halves for good: one half is synced while the other one comes back,
 * and each caller waits for two syncs. A single caller is the whole group, so nothing waits for it.
 */
export class ReturningCallers {
  #expected = 0;
  /** Turns that the open group has waited, and its callers before the last one. */
  #turns = 0;
  #joined = 0;

  constructor(private readonly syncs: SyncTimes) {}

  /** A group is stored. @param callers its own, and those that have joined the next one meanwhile */
  expect(callers: number): void {
    this.#expected = callers;
    this.#turns = 0;
  }

  /**
   * Called once in a turn of the event loop.
   * @param joined callers in the open group
   * @returns whether the group waits for another turn; otherwise it starts
   */
  isWorthATurn(joined: number): boolean {
    if (joined >= this.#expected || this.#turns === MAX_TURNS) return false;
    if (this.#turns >= TURNS_UNTIL_SOCKETS_ARE_READ && joined === this.#joined) return false;
    if (this.syncs.sinceLastMs() >= this.syncs.averageMs) return false;
    this.#turns += 1;
    this.#joined = joined;
    return true;
  }
}
