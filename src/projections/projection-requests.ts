import { AsyncResource } from 'node:async_hooks';

/** Kind of a request; `other` for requests that neither run nor pause the projection. */
export type RequestKind = 'run' | 'pause' | 'other';

/**
 * Carries out requests one after another, so each starts from the result of the previous one. A request
 * starts at once if none is pending. All requests run in the async context in which the queue was created,
 * independent of their callers.
 */
export class ProjectionRequests {
  private readonly pending: RequestKind[] = [];
  private end: Promise<void> = Promise.resolve();
  private readonly context = new AsyncResource('ProjectionRequests');

  /**
   * The outcome of the pending requests: the newest one that runs or pauses the projection; null if none
   * does.
   */
  get outcome(): 'run' | 'pause' | null {
    return this.pending.findLast((kind) => kind !== 'other') ?? null;
  }

  add<T>(kind: RequestKind, work: () => Promise<T> | T): Promise<T> {
    const isFirst = this.pending.length === 0;
    this.pending.push(kind);
    const done = isFirst ? this.begin(work) : this.end.then(() => this.begin(work));
    const settled = (): void => {
      this.pending.shift();
    };
    this.end = done.then(settled, settled);
    return done;
  }

  private begin<T>(work: () => Promise<T> | T): Promise<T> {
    return this.context.runInAsyncScope(async () => work());
  }
}
