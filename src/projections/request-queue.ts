/**
 * Does one thing after the other: each finds what the one before has left. What comes when nothing is under way begins at once.
 */
export class RequestQueue {
  private open = 0;
  private end: Promise<void> = Promise.resolve();

  add<T>(work: () => Promise<T> | T): Promise<T> {
    const done = this.open === 0 ? RequestQueue.begin(work) : this.end.then(work);
    this.open += 1;
    const settled = (): void => {
      this.open -= 1;
    };
    this.end = done.then(settled, settled);
    return done;
  }

  private static async begin<T>(work: () => Promise<T> | T): Promise<T> {
    return work();
  }
}
