import { nextTurn } from '../../common/index.js';
import type { StagedGroup } from './staged-group.js';

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
    if (this.#resolving === null && group.resolveStored()) return;
    const resolving = this.#resolveInTurns(group, this.#resolving).then(() => {
      if (this.#resolving === resolving) this.#resolving = null;
    });
    this.#resolving = resolving;
  }

  async #resolveInTurns(group: StagedGroup, previous: Promise<void> | null): Promise<void> {
    await previous;
    do await nextTurn();
    while (!group.resolveStored());
  }
}
