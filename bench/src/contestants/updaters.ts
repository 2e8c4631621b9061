/** `AggregateRepository.update` in Nest applications, and `append` of the same events as their reference. */
import { FileJournal, SequencerEvent, jsonCodec } from 'nestjs-file-journal';
import { closedLoop } from '../harness/loops.js';
import type { Appender, Opening } from './contestant.js';

/** The accounts of an application, and where `update` finds them. */
export interface UpdateCase {
  readonly aggregates: number;
  /** Stored events of each account at the start. */
  readonly history: number;
  /** True if every account stays in memory; false if each update loads its account from the journal. */
  readonly isHot: boolean;
}

export const APPEND_DEPOSIT = 'append, deposits';
export const APPEND_INSTANCE = 'append, deposits as instances';

const HOT: readonly UpdateCase[] = [
  { aggregates: 1, history: 1, isHot: true },
  { aggregates: 1_000, history: 1, isHot: true },
  { aggregates: 100_000, history: 1, isHot: true },
];
const COLD: readonly UpdateCase[] = [
  { aggregates: 1, history: 1_000, isHot: false },
  { aggregates: 1_000, history: 10, isHot: false },
  { aggregates: 100_000, history: 2, isHot: false },
];

/** The name of a contestant. */
export function updateOf(aggregates: number, isHot = true): string {
  const count = aggregates === 1 ? '1 aggregate' : `${aggregates.toLocaleString('en')} aggregates`;
  return `update, ${count}, ${isHot ? 'hot' : 'cold'}`;
}

// Once aggregates can have snapshots of their own, add a cold variant with them here.
export const UPDATERS: readonly Opening<Appender>[] = [
  {
    name: APPEND_DEPOSIT,
    async open(directory) {
      const { plainDeposit, walk } = await import('./nest-updater.js');
      const journal = await FileJournal.open({ directory, codec: jsonCodec() });
      const next = walk(1_000);
      let sequence = 0n;
      const append = (): Promise<void> => {
        const command = plainDeposit(next());
        const event = { sequenceNum: sequence, timestampNs: sequence + 1n, command, result: null };
        sequence += 1n;
        return journal.append(new SequencerEvent(event));
      };
      return appender(APPEND_DEPOSIT, append, () => journal.close());
    },
  },
  {
    name: APPEND_INSTANCE,
    async open(directory) {
      const { bootAppender } = await import('./nest-updater.js');
      const { update, close } = await bootAppender(directory);
      return appender(APPEND_INSTANCE, update, close);
    },
  },
  ...[...HOT, ...COLD].map(updater),
];

function updater(updateCase: UpdateCase): Opening<Appender> {
  const { aggregates, isHot } = updateCase;
  const name = updateOf(aggregates, isHot);
  return {
    name,
    async open(directory) {
      // Only the processes that need Nest load it.
      const { bootUpdater } = await import('./nest-updater.js');
      const { update, close } = await bootUpdater(directory, updateCase);
      // The updates of one account run one after the other, and loading it takes longer each time.
      const isOneLong = aggregates === 1 && !isHot;
      return { ...appender(name, update, close), supports: (inFlight) => inFlight === 1 || !isOneLong };
    },
  };
}

function appender(name: string, append: () => Promise<unknown>, close: () => Promise<void>): Appender {
  return {
    name,
    isFloor: false,
    supports: () => true,
    run: (inFlight, durationMs) => closedLoop(inFlight, durationMs, append),
    close,
  };
}
