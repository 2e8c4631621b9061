import { AsyncResource } from 'node:async_hooks';

/**
 * Does one thing after the other: each finds what the one before has left. What comes when nothing is pending begins at once.
 * Everything runs in the async context in which the queue was made, whichever caller asks for it.
 */
export class RequestQueue {
  private open = 0;
  private end: Promise<void> = Promise.resolve();
  private readonly context = new AsyncResource('ProjectionRequests');

  add<T>(work: () => Promise<T> | T): Promise<T> {
    const done = this.open === 0 ? this.begin(work) : this.end.then(() => this.begin(work));
    this.open += 1;
    const settled = (): void => {
      this.open -= 1;
    };
    this.end = done.then(settled, settled);
    return done;
  }

  private begin<T>(work: () => Promise<T> | T): Promise<T> {
    return this.context.runInAsyncScope(async () => work());
  }
}
