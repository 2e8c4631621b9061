import { jsonCodec } from '../../src/serialization/index.js';
import { ReplayService, type SnapshotService } from '../../src/replay/index.js';
import {
  CommitQueue,
  ExecutedAggregateTarget,
  Sequencer,
  SequencerClock,
  createEventConversion,
  type OnDivergence,
  type SequencerOptions,
  type WallClock,
} from '../../src/sequencer/index.js';
import type { Journal, SequencerEvent } from '../../src/journal/index.js';
import { Bank, type BankCommand, type BankResult } from './bank.js';

export interface BankSetup {
  readonly sequencer: Sequencer<Bank>;
  readonly queue: CommitQueue;
  readonly replay: ReplayService;
  readonly target: ExecutedAggregateTarget<Bank>;
  readonly published: SequencerEvent[];
}

/** A rehydrated Sequencer with a Bank, on a journal and without Nest. */
export async function openBank(
  journal: Journal,
  options: SequencerOptions & {
    clock?: WallClock;
    onDivergence?: OnDivergence;
    storesCommandIds?: boolean;
    create?: () => Bank;
    snapshots?: SnapshotService;
    onPublish?: (event: SequencerEvent) => void;
  } = {},
): Promise<BankSetup> {
  const published: SequencerEvent[] = [];
  const codec = jsonCodec();
  const target = new ExecutedAggregateTarget<Bank>({
    name: 'Bank',
    create: options.create ?? (() => new Bank()),
    onDivergence: options.onDivergence,
  });
  const replay = new ReplayService(journal, { snapshots: options.snapshots });
  const queue = new CommitQueue(journal, new SequencerClock(options.clock), 0n);
  await target.reset();
  await replay.rehydrate([target]);
  const forms = createEventConversion<BankCommand, BankResult>(codec);
  const sequencer = new Sequencer<Bank>(queue, target, replay, forms, {
    storesCommandIds: true,
    ...options,
    publish: (event) => {
      published.push(event);
      options.onPublish?.(event);
    },
  });
  return { sequencer, queue, replay, target, published };
}
