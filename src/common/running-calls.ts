import { AsyncLocalStorage } from 'node:async_hooks';
import { isThenable } from './thenable.js';

/** An operation that a call can wait for. */
export interface Awaitable {
  /** The calls that must return before the wait can end. */
  blockedBy(): Iterable<RunningCall>;
}

/** A running call of application code that other code waits for. */
export class RunningCall {
  isOver = false;
  /** What this call, or a call inside it, waits for; null while it has not waited. */
  waits: Set<Awaitable> | null = null;

  constructor(
    /** Name for messages, such as `a handler of projection orders`. */
    readonly name: string,
    readonly scope: object,
    private around: RunningCall | null,
    readonly mayWait: boolean,
  ) {}

  /** The nearest enclosing call that still runs. */
  get outer(): RunningCall | null {
    while (this.around?.isOver === true) this.around = this.around.around;
    return this.around;
  }

  /**
   * Marks the call as returned. It drops references to returned calls: calls that start one another would
   * otherwise form an endless chain.
   */
  end(): void {
    this.isOver = true;
    this.around = this.outer;
  }

  /** This call and the running calls that enclose it. */
  *chain(): Generator<RunningCall> {
    if (!this.isOver) yield this;
    for (let call = this.outer; call !== null; call = call.outer) yield call;
  }
}

/** The innermost call that the current code belongs to. */
const innermost = new AsyncLocalStorage<RunningCall | null>();

/**
 * Runs `work` as a call. The call ends when `work` has returned, or when the promise that it returned has
 * settled.
 * @param mayWait false for a call that others queue for: any wait inside it is refused
 */
export function runCall<T>(name: string, scope: object, work: (call: RunningCall) => T, mayWait = true): T {
  const current = innermost.getStore() ?? null;
  const call = new RunningCall(name, scope, current?.isOver === true ? current.outer : current, mayWait);
  let returned: T;
  try {
    returned = innermost.run(call, work, call);
  } catch (error) {
    call.end();
    throw error;
  }
  if (!isThenable(returned)) {
    call.end();
    return returned;
  }
  // A new promise, so that the call has ended before any caller that awaits the answer continues.
  return Promise.resolve(returned).then(
    (answer) => {
      call.end();
      return answer;
    },
    (error: unknown) => {
      call.end();
      throw error;
    },
  ) as T;
}

/** The running calls that the current code belongs to, the innermost first. */
export function* runningCalls(): Generator<RunningCall> {
  yield* innermost.getStore()?.chain() ?? [];
}

/** Whether the current code belongs to a running call of `scope`. */
export function isInside(scope: object): boolean {
  for (const call of runningCalls()) if (call.scope === scope) return true;
  return false;
}

/** Runs `work` as code that no call waits for, such as the handlers of published events. */
export function runDetached<T>(work: () => T): T {
  return mayBeEnclosed() ? innermost.run(null, work) : work();
}

/**
 * Returns the innermost running call that the current code belongs to; null if there is none. It first waits
 * one microtask. By then, a function that returned no promise has ended, and cannot wait for what it started.
 */
export async function enclosingCall(): Promise<RunningCall | null> {
  const call = innermost.getStore() ?? null;
  if (call === null) return null;
  await Promise.resolve();
  for (const running of call.chain()) return running;
  return null;
}

/**
 * Whether the current code may belong to a running call. False means that {@link enclosingCall} returns null,
 * and that {@link runDetached} has nothing to do.
 */
export function mayBeEnclosed(): boolean {
  return (innermost.getStore() ?? null) !== null;
}
