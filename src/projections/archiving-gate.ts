/** Keeps archiving and the beginning of a rebuild apart. */
export class ArchivingGate {
  private archiving: Promise<void> | null = null;

  /** Resolves after the archiving that runs now; null if none runs. */
  idle(): Promise<void> | null {
    return this.archiving;
  }

  /**
   * Runs `archive` at once. A rebuild that is requested meanwhile waits, and is refused if it would lack
   * archived entries.
   */
  async run<T>(archive: () => Promise<T>): Promise<T> {
    const before = this.archiving;
    const result = archive();
    const archiving = Promise.allSettled([before, result]).then(() => {
      if (this.archiving === archiving) this.archiving = null;
    });
    this.archiving = archiving;
    return result;
  }
}
