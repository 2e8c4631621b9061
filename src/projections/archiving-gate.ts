/** Prevents archiving and the start of a rebuild from overlapping. */
export class ArchivingGate {
  private archiving: Promise<void> | null = null;

  /** Resolves after the running archiving; null if none is running. */
  idle(): Promise<void> | null {
    return this.archiving;
  }

  /**
   * Runs `archive` at once. A rebuild that is requested meanwhile waits. It is then refused if it needs
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
