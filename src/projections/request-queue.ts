import { AsyncResource } from 'node:async_hooks';

/** What a request wants of the projection; `other` for requests that neither run nor pause it. */
export type RequestKind = 'run' | 'pause' | 'other';

/**
 * Carries out requests one after another: each finds what the one before has left. A request begins at once
 * if none is pending. All run in the async context in which the queue was made, whichever caller makes the
 * request.
 */
export class RequestQueue {
  private readonly pending: RequestKind[] = [];
  private end: Promise<void> = Promise.resolve();
  private readonly context = new AsyncResource('ProjectionRequests');

  /**
   * What the pending requests come to: the newest of them that runs or pauses the projection; null if none
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
