/**
 * A part of the application that still needs entries of a journal. Archiving asks every hold and keeps what
 * it needs.
 */
export interface RetentionHold {
  /** Name of the hold in logs. */
  readonly name: string;
  /** The oldest sequence that is still needed, computed from durable state; null if none is. */
  firstNeededSequence(): bigint | null;
  /**
   * Runs `archive`, and does not begin to need older entries until it has settled.
   * @default `archive` runs at once
   */
  whileArchiving?<T>(archive: () => Promise<T>): Promise<T>;
}

/**
 * The sequence before which archiving must stop: the lowest that any hold needs; null if no hold needs an
 * entry.
 */
export function firstNeededOf(holds: readonly RetentionHold[]): bigint | null {
  let first: bigint | null = null;
  for (const hold of holds) {
    const needed = hold.firstNeededSequence();
    if (needed !== null && (first === null || needed < first)) first = needed;
  }
  return first;
}

/**
 * Archives while no hold begins to need older entries.
 * @param archive gets the result of {@link firstNeededOf}
 */
export function archiveUnder<T>(
  holds: readonly RetentionHold[],
  archive: (keptFrom: bigint | null) => Promise<T>,
): Promise<T> {
  let run = (): Promise<T> => archive(firstNeededOf(holds));
  for (const hold of holds) {
    const inner = run;
    if (hold.whileArchiving !== undefined)
      run = hold.whileArchiving.bind<RetentionHold, [typeof inner], [], Promise<T>>(hold, inner);
  }
  return run();
}
