import {
  IoError,
  JournalPoisonedError,
  SequenceConflictError,
  type JournalError,
  type SequencerEvent,
} from '../../src/journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import type { Journal } from '../../src/journal/index.js';

/** What the next acknowledgements will be. */
export type Fault =
  /** Refused before anything was written; the journal goes on, and what is in flight behind it is refused, too. */
  | 'no-space'
  /** The write began and failed: poisoned, outcome unknown. */
  | 'sync-failed'
  /** Refused in the very call. */
  | 'refused-at-once';

export interface FaultyJournal extends Journal {
  /** Appends from now on fail like this; null lets them pass. */
  fault: Fault | null;
  /** While true, appends stay in flight. */
  held: boolean;
  /** Lets appends that are held go on. */
  release(): void;
}

interface Pending {
  readonly event: SequencerEvent;
  readonly fault: Fault | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** An in-memory journal whose appends can be held and made to fail as the file journal's can. */
export async function openFaultyJournal(
  options: Parameters<typeof InMemoryJournal.open>[0] = {},
): Promise<FaultyJournal> {
  const inner = await InMemoryJournal.open(options);
  let pending: Pending[] = [];
  let flushing = false;
  const control = { fault: null as Fault | null, held: false };

  const next = (): bigint | null => {
    const last = pending.at(-1);
    return last === undefined ? inner.nextSequence : last.event.sequenceNum + 1n;
  };

  const settle = async (): Promise<void> => {
    if (flushing) return;
    flushing = true;
    await Promise.resolve();
    while (pending.length > 0 && !control.held) {
      const item = pending[0] as Pending;
      if (item.fault === 'sync-failed') {
        const cause = new IoError('fdatasync', '/journal/segment', 'EIO');
        const failed = pending;
        inner.poison(cause);
        pending = [];
        for (const { reject } of failed) reject(new JournalPoisonedError(cause, 'unknown'));
      } else if (item.fault === 'no-space') {
        const failed = pending;
        pending = [];
        for (const { reject } of failed)
          reject(new IoError('fallocate', '/journal/segment', 'ENOSPC', { outcome: 'not-written' }));
      } else {
        await inner.append(item.event).then(item.resolve, item.reject);
        pending.shift();
      }
    }
    flushing = false;
  };

  const append = (event: SequencerEvent): Promise<void> => {
    if (inner.state !== 'open') return inner.append(event);
    if (control.fault === 'refused-at-once')
      return Promise.reject(
        new IoError('fallocate', '/journal/segment', 'ENOSPC', { outcome: 'not-written' }),
      );
    const expected = next();
    if (expected !== null && event.sequenceNum !== expected)
      return Promise.reject(new SequenceConflictError(expected, event.sequenceNum));
    return new Promise((resolve, reject) => {
      pending.push({ event, fault: control.fault, resolve, reject });
      void settle();
    });
  };

  return new Proxy(inner as unknown as FaultyJournal, {
    get(_target, property) {
      if (property === 'append') return append;
      if (property === 'nextSequence') return next();
      if (property === 'fault' || property === 'held') return control[property];
      if (property === 'release')
        return () => {
          control.held = false;
          void settle();
        };
      const value: unknown = Reflect.get(inner, property, inner);
      return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
    },
    set(_target, property, value) {
      if (property === 'fault') control.fault = value as Fault | null;
      else if (property === 'held') control.held = value as boolean;
      return true;
    },
  });
}

export type { JournalError };
