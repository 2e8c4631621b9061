import { subscribeTo, type SubscribableJournal } from '../../../src/journal-kit/index.js';
import { type Journal, type JournalSubscription, type SubscribeOptions } from '../../../src/journal/index.js';
import { mutant, type Mutant } from './mutant.js';

/** A `subscribe` with some members of the journal replaced, or with other options. */
function subscribing(
  fault: string,
  replace: (inner: Journal) => Partial<SubscribableJournal>,
  options: (given: SubscribeOptions) => SubscribeOptions = (given) => given,
): Mutant {
  return mutant('subscribe', fault, (inner) => ({
    subscribe: (given: SubscribeOptions = {}) => subscribeTo(viewOf(inner, replace(inner)), options(given)),
  }));
}

/** A subscription that passes its entries through `change`. */
function changing(
  fault: string,
  change: (subscription: JournalSubscription) => Partial<JournalSubscription>,
): Mutant {
  return mutant('subscribe', fault, (inner) => ({
    subscribe(options: SubscribeOptions) {
      const subscription = inner.subscribe(options);
      const changed: JournalSubscription = withMembers(subscription, change(subscription));
      return changed;
    },
  }));
}

export const subscribeMutants: readonly Mutant[] = [
  subscribing('loses entries between two reads', (inner) => {
    let seen: bigint | null = null;
    return {
      readFrom(sequence, options) {
        const from = BigInt(sequence);
        const skips = seen !== null && inner.lastSequence !== null && inner.lastSequence > from;
        seen = from;
        return inner.readFrom(skips ? from + 1n : from, options);
      },
    };
  }),
  subscribing('repeats the last entry after a wait', (inner) => {
    let reads = 0;
    return {
      readFrom(sequence, options) {
        reads += 1;
        const from = BigInt(sequence);
        return inner.readFrom(reads > 1 && from > 0n ? from - 1n : from, options);
      },
    };
  }),
  subscribing('is never woken', () => ({ onAdvanced: () => () => {} })),
  subscribing('shows unacknowledged entries', (inner) => ({
    get lastSequence() {
      return inner.nextSequence === null ? inner.lastSequence : inner.nextSequence - 1n;
    },
  })),
  subscribing(
    "begins at the beginning when asked for the 'end'",
    () => ({}),
    (options) => ({
      ...options,
      from: options.from === 'end' ? 0n : options.from,
    }),
  ),
  subscribing(
    'skips archived entries silently',
    () => ({}),
    (options) => ({
      ...options,
      startAtFirstAvailable: true,
    }),
  ),
  subscribing(
    'can never begin after an archived entry',
    () => ({}),
    (options) => ({
      ...options,
      startAtFirstAvailable: false,
    }),
  ),
  subscribing(
    'ignores the signal',
    () => ({}),
    ({ signal: _, ...options }) => options,
  ),
  subscribing('outlives the journal', () => ({ state: 'open' })),
  subscribing('ends silently when the journal is poisoned', (inner) => ({
    get state() {
      return inner.state === 'poisoned' ? ('closed' as const) : inner.state;
    },
  })),
  subscribing('ignores the poison', (inner) => ({
    get state() {
      return inner.state === 'poisoned' ? ('open' as const) : inner.state;
    },
  })),
  changing('reads ahead of its consumer', (inner) => {
    const buffered: Promise<IteratorResult<never>>[] = [];
    return {
      next() {
        while (buffered.length < 5) buffered.push(inner.next() as Promise<IteratorResult<never>>);
        for (const next of buffered) next.catch(() => {});
        return buffered.shift() as Promise<IteratorResult<never>>;
      },
    };
  }),
  changing('cannot be ended while it waits', () => ({
    return: async () => ({ done: true, value: undefined }),
  })),
  changing('knows no limit of a batch', (inner) => ({
    nextBatch: ({ timeoutMs } = {}) => inner.nextBatch({ timeoutMs }),
  })),
  changing('never reports its position', () => ({ position: null })),
  mutant('subscribe', 'reports only its first advance', (inner) => ({
    onAdvanced(listener: () => void) {
      const remove = inner.onAdvanced?.(() => {
        remove?.();
        listener();
      });
      return remove;
    },
  })),
  mutant('subscribe', 'keeps listeners that were removed', (inner) => ({
    onAdvanced(listener: () => void) {
      inner.onAdvanced?.(listener);
      return () => {};
    },
  })),
];

function viewOf(inner: Journal, replaced: Partial<SubscribableJournal>): SubscribableJournal {
  return withMembers<SubscribableJournal>(inner, replaced);
}

function withMembers<T extends object>(original: T, replaced: Partial<T>): T {
  return new Proxy(original, {
    get(target, key) {
      if (Object.hasOwn(replaced, key)) return Reflect.get(replaced, key) as unknown;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
