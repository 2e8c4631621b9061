import { CircularWaitError, enclosingCall, runCall, type RunningCall } from '../journal/index.js';

type Kind = 'update' | 'query';

/** The changes and looks that run in the repositories of one journal. */
export class RunningTurns {
  private readonly kinds = new WeakMap<RunningCall, Kind>();

  /** Calls the `change` of an update or the `look` of a query. */
  run<R>(kind: Kind, ids: readonly string[], work: (call: RunningCall) => R): R {
    return runCall(`${kind} of ${ids.join(', ')}`, this, (call) => {
      this.kinds.set(call, kind);
      return work(call);
    });
  }

  /**
   * Refuses an operation that is called inside of a running change, or inside of a running look where `refusedIn` says so: the two could
   * wait for each other.
   * @returns whether it was called inside of a look
   * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`)
   */
  async refuseInside(operation: string, refusedIn: readonly Kind[]): Promise<boolean> {
    let isInQuery = false;
    for (const call of (await enclosingCall())?.chain() ?? []) {
      const kind = this.kinds.get(call);
      if (kind === undefined) continue;
      if (refusedIn.includes(kind)) throw new CircularWaitError(operation, call.name, ADVICE);
      isInQuery = true;
    }
    return isInQuery;
  }
}

const ADVICE = 'call it before or after; updateAll() takes several aggregates at once';
