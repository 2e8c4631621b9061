import { AsyncLocalStorage } from 'node:async_hooks';
import { isThenable } from './thenable.js';

/** Something that a call can wait for. */
export interface Awaitable {
  /** The calls that have to return before the wait can end. */
  blockedBy(): Iterable<RunningCall>;
}

/** A call of application code that something waits for. */
export class RunningCall {
  isOver = false;
  /** What this call, or a call inside of it, waits for. */
  readonly waits = new Set<Awaitable>();

  constructor(
    /** For messages: `a handler of projection orders`. */
    readonly name: string,
    readonly scope: object,
    private around: RunningCall | null,
    readonly mayWait: boolean,
  ) {}

  /** The nearest call around it that runs. */
  get outer(): RunningCall | null {
    while (this.around?.isOver === true) this.around = this.around.around;
    return this.around;
  }

  /** The call has returned. It keeps no other alive that has, or calls that begin one another would make an endless chain. */
  end(): void {
    this.isOver = true;
    this.around = this.outer;
  }

  /** This call and the running calls around it. */
  *chain(): Generator<RunningCall> {
    if (!this.isOver) yield this;
    for (let call = this.outer; call !== null; call = call.outer) yield call;
  }
}

/** The innermost call that the current code belongs to. */
const innermost = new AsyncLocalStorage<RunningCall | null>();

/**
 * Runs `work` as code of a call; the call is over when `work` has returned, or when the promise that it returned is settled.
 * @param mayWait false for a call that others stand in line behind: a wait inside it is refused, whatever it is for
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
  // A promise of its own: the call is over for every caller that awaits the answer.
  return Promise.resolve(returned).finally(() => call.end()) as T;
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

/** Runs `work` as code that no call waits for: the handlers of published events, for example. */
export function runDetached<T>(work: () => T): T {
  return innermost.getStore() ? innermost.run(null, work) : work();
}

/**
 * The innermost running call that the current code belongs to; null when there is none. A function that does not return a promise is
 * over in the next microtask: it cannot wait for what it started.
 */
export async function enclosingCall(): Promise<RunningCall | null> {
  const call = innermost.getStore() ?? null;
  if (call === null) return null;
  await Promise.resolve();
  for (const running of call.chain()) return running;
  return null;
}

/** Whether the current code belongs to a call. False says for certain that {@link enclosingCall} gives null. */
export function mayBeEnclosed(): boolean {
  return (innermost.getStore() ?? null) !== null;
}
