import { JournalError } from '../journal/index.js';
import { enclosingCall, mayBeEnclosed, type Awaitable, type RunningCall } from './running-calls.js';

/**
 * A call would wait for something that happens only after the call itself has returned. The package refused
 * the wait, because it would never end.
 * @publicApi
 */
export class CircularWaitError extends JournalError {
  readonly code = 'JOURNAL_CIRCULAR_WAIT';
  constructor(
    /** The refused call, such as `waitFor() of projection orders`. */
    readonly operation: string,
    /** The running call that must return first, such as `a handler of projection orders`. */
    readonly inside: string,
    advice: string,
  ) {
    super(`${operation} inside ${inside} could wait forever for that call to return; ${advice}`, {
      outcome: 'not-written',
    });
  }
}

/**
 * Waits for `awaited`, unless `awaited` waits for the current call, directly or through other calls, or the
 * current call may not wait.
 * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`)
 * @throws (rejects) what `wait` throws
 */
export function waitWithoutCycle<T>(
  operation: string,
  awaited: Awaitable,
  advice: string,
  wait: () => Promise<T>,
): Promise<T> {
  return mayBeEnclosed() ? waitInside(operation, awaited, advice, wait) : wait();
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
  // A separate object: a call may wait for the same thing twice.
  const ownWait: Awaitable = { blockedBy: () => awaited.blockedBy() };
  for (const each of calls) (each.waits ??= new Set()).add(ownWait);
  try {
    return await wait();
  } finally {
    for (const each of calls) each.waits?.delete(ownWait);
  }
}

/** The call in `calls` that must return before the wait can end; null if there is none. */
function blockingCall(
  awaited: Awaitable,
  calls: readonly RunningCall[],
  seen: Set<RunningCall>,
): RunningCall | null {
  for (const blocking of awaited.blockedBy()) {
    if (blocking.isOver || seen.has(blocking)) continue;
    if (calls.includes(blocking)) return blocking;
    seen.add(blocking);
    for (const next of blocking.waits ?? []) {
      const found = blockingCall(next, calls, seen);
      if (found !== null) return found;
    }
  }
  return null;
}
