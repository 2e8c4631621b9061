import { AsyncLocalStorage } from 'node:async_hooks';
import { JournalError } from '../journal/index.js';
import { isThenable } from './thenable.js';

/**
 * A call would wait for something that happens only after the call itself has returned. It was refused,
 * because it would have waited for ever.
 * @publicApi
 */
export class CircularWaitError extends JournalError {
  readonly code = 'JOURNAL_CIRCULAR_WAIT';
  constructor(
    /** What was called: `waitFor() of projection orders`. */
    readonly operation: string,
    /** The running call that would have to return first: `a handler of projection orders`. */
    readonly inside: string,
    advice: string,
  ) {
    super(`${operation} inside ${inside} could wait for ever for that call to return; ${advice}`, {
      outcome: 'not-written',
    });
  }
}

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

/**
 * Waits for `awaited`, unless that waits for the current call, directly or through other calls, or the current call may not wait.
 * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`); what `wait` throws
 */
export function waitWithoutCycle<T>(
  operation: string,
  awaited: Awaitable,
  advice: string,
  wait: () => Promise<T>,
): Promise<T> {
  return innermost.getStore() ? waitInside(operation, awaited, advice, wait) : wait();
}

async function waitInside<T>(
  operation: string,
  awaited: Awaitable,
  advice: string,
  wait: () => Promise<T>,
): Promise<T> {
  const call = await enclosingCall();
  if (call === null) return wait();
  const calls = [...call.chain()];
  const blocking = calls.find(({ mayWait }) => !mayWait) ?? blockingCall(awaited, calls, new Set());
  if (blocking !== null) throw new CircularWaitError(operation, blocking.name, advice);
  // An object of its own: a call may wait for the same thing twice.
  const wanted: Awaitable = { blockedBy: () => awaited.blockedBy() };
  for (const each of calls) each.waits.add(wanted);
  try {
    return await wait();
  } finally {
    for (const each of calls) each.waits.delete(wanted);
  }
}

/** The one of `calls` that has to return before `awaited` can come; null when there is none. */
function blockingCall(
  awaited: Awaitable,
  calls: readonly RunningCall[],
  seen: Set<RunningCall>,
): RunningCall | null {
  for (const blocking of awaited.blockedBy()) {
    if (blocking.isOver || seen.has(blocking)) continue;
    if (calls.includes(blocking)) return blocking;
    seen.add(blocking);
    for (const next of blocking.waits) {
      const found = blockingCall(next, calls, seen);
      if (found !== null) return found;
    }
  }
  return null;
}
