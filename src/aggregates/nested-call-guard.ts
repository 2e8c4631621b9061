import { CircularWaitError, enclosingCall, runCall, type RunningCall } from '../common/index.js';

type Kind = 'update' | 'query';

/**
 * Tracks the running `change` and `look` functions of the repositories of one journal. Other turns are
 * pending behind these functions, so they must not wait for a projection or another turn. This rule ensures
 * that every turn ends and that no wait is circular.
 */
export class NestedCallGuard {
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
   * Refuses an operation that is called inside a running function of the kinds in `refusedIn`, because the
   * two could wait for each other.
   * @returns whether the operation was called inside a `look`
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

const ADVICE = 'call it before or after; updateAll() changes several aggregates at once';
