import {
  CircularWaitError,
  enclosingCall,
  mayBeEnclosed,
  runCall,
  type RunningCall,
} from '../common/index.js';

type Kind = 'update' | 'query';

/**
 * Tracks the running `change` and `look` functions of the repositories of one journal. Other turns wait for
 * these functions, so the functions must not wait for a projection or another turn. This rule ensures that
 * every turn ends and that no wait is circular.
 */
export class NestedCallGuard {
  /** The scopes of the running calls. The scope of a call shows its kind. */
  private readonly updates = {};
  private readonly queries = {};

  /** Calls the `change` of an update or the `look` of a query. @param ids for messages */
  run<R>(kind: Kind, ids: string, work: (call: RunningCall) => R): R {
    return runCall(`${kind} of ${ids}`, kind === 'update' ? this.updates : this.queries, work, false);
  }

  /**
   * Whether the current code may belong to a `change` or a `look`. False means that {@link refuseInside}
   * would refuse nothing and return false, so a caller can save its promises.
   */
  get mayRefuse(): boolean {
    return mayBeEnclosed();
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
      const kind = this.kindOf(call);
      if (kind === null) continue;
      if (refusedIn.includes(kind)) throw new CircularWaitError(operation, call.name, ADVICE);
      isInQuery = true;
    }
    return isInQuery;
  }

  private kindOf({ scope }: RunningCall): Kind | null {
    if (scope === this.updates) return 'update';
    return scope === this.queries ? 'query' : null;
  }
}

const ADVICE = 'call it before or after; updateAll() changes several aggregates at once';
