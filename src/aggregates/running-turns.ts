import { CircularWaitError, enclosingCall, runCall, type RunningCall } from '../common/index.js';

type Kind = 'update' | 'query';

/**
 * The changes and looks that run in the repositories of one journal. Others stand in line behind them. So they wait for no
 * projection and for no other turn: then a line always moves on, and code that waits for a turn need not look for circles.
 */
export class RunningTurns {
  private readonly kinds = new WeakMap<RunningCall, Kind>();

  /** Calls the `change` of an update or the `look` of a query. */
  run<R>(kind: Kind, ids: readonly string[], work: (call: RunningCall) => R): R {
    const noteKind = (call: RunningCall): R => {
      this.kinds.set(call, kind);
      return work(call);
    };
    return runCall(`${kind} of ${ids.join(', ')}`, this, noteKind, false);
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
