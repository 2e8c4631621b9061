/**
 * A part of the application that still needs entries of a journal. Archive keeps the entries that any hold
 * needs.
 */
export interface RetentionHold {
  /** Name of the hold in logs. */
  readonly name: string;
  /** The oldest sequence that is still needed, computed from durable state; null if none is. */
  firstNeededSequence(): bigint | null;
  /**
   * Runs `archive`. Until `archive` has settled, the hold must not begin to need older entries.
   * @default `archive` runs at once
   */
  whileArchiving?<T>(archive: () => Promise<T>): Promise<T>;
}

/**
 * The sequence before which archiving must stop: the lowest one that any hold needs; null if no hold needs an
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
 * Runs `archive` while every hold refrains from needing older entries.
 * @param archive the function that archives; it gets the result of {@link firstNeededOf}
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
