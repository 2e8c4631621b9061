import { nextTurn } from '../../common/index.js';
import type { StagedGroup } from './staged-group.js';

/**
 * The number of callers that are resolved in one turn of the event loop. Most append again at once, and no
 * timer or socket is served until they have.
 */
const CALLERS_PER_TURN = 128;

/** Resolves the promises of callers whose entries are stored, in the order in which they appended. */
export class AppendAcknowledger {
  #resolving: Promise<void> | null = null;

  /** Resolves when all callers of stored entries have been resolved; null if they all have been. */
  get pending(): Promise<void> | null {
    return this.#resolving;
  }

  /**
   * Resolves the callers whose entries in `group` are stored: the first ones now, the others in later turns.
   */
  resolve(group: StagedGroup): void {
    if (this.#resolving === null && group.resolveStored(CALLERS_PER_TURN)) return;
    const resolving = this.#resolveInTurns(group, this.#resolving).then(() => {
      if (this.#resolving === resolving) this.#resolving = null;
    });
    this.#resolving = resolving;
  }

  async #resolveInTurns(group: StagedGroup, previous: Promise<void> | null): Promise<void> {
    await previous;
    do await nextTurn();
    while (!group.resolveStored(CALLERS_PER_TURN));
  }
}
