import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import {
  type AppendOutcome,
  InjectJournal,
  InjectReplayService,
  InjectSequencer,
  type Journal,
  type ReplayProgress,
  type ReplayService,
} from 'nestjs-file-journal';
import type { OrderBookSequencer } from '../order-book.types.js';
import { TradeTape } from '../trade-tape.js';

/** Whether this process can accept commands, and how it rehydrated the book. */
export interface StatusView {
  readonly status: 'up' | 'down';
  readonly journal: {
    readonly state: Journal['state'];
    readonly durability: Journal['durability'];
    readonly firstAvailableSequence: bigint | null;
    readonly lastSequence: bigint | null;
    readonly durableSequence: bigint | null;
    /** What recovery found: `clean`, or `torn-tail` after a crash in the middle of a write. */
    readonly recovery: Journal['recovery']['outcome'];
    /** Why the journal accepts no more entries. */
    readonly failure: {
      readonly code: string;
      readonly message: string;
      readonly outcome?: AppendOutcome;
    } | null;
  };
  readonly sequencer: {
    readonly state: OrderBookSequencer['state'];
    readonly queued: number;
    readonly isClockSkewed: boolean;
  };
  /** The latest replay, usually that of the boot; null before the first one. */
  readonly replay: ReplayProgress | null;
  /** Trades that were reported since the process started; a replay does not report them again. */
  readonly tradesTold: number;
}

export class GetStatusQuery extends Query<StatusView> {}

@QueryHandler(GetStatusQuery)
export class GetStatusHandler implements IQueryHandler<GetStatusQuery> {
  private replayProgress: ReplayProgress | null = null;

  constructor(
    @InjectJournal() private readonly journal: Journal,
    @InjectSequencer() private readonly sequencer: OrderBookSequencer,
    @InjectReplayService() replay: ReplayService,
    private readonly tape: TradeTape,
  ) {
    // The stream completes when the application closes.
    replay.progress$.subscribe((progress) => {
      this.replayProgress = progress;
    });
  }

  /** Asks the journal instead of the book, so that it answers also while the book is rebuilt. */
  async execute(): Promise<StatusView> {
    const { journal, sequencer } = this;
    const isUp = journal.state === 'open' && sequencer.state !== 'stopped';
    return {
      status: isUp ? 'up' : 'down',
      journal: {
        state: journal.state,
        durability: journal.durability,
        firstAvailableSequence: journal.firstAvailableSequence,
        lastSequence: journal.lastSequence,
        durableSequence: journal.durableSequence,
        recovery: journal.recovery.outcome,
        failure: describeFailure(journal),
      },
      sequencer: {
        state: sequencer.state,
        queued: sequencer.queued,
        isClockSkewed: sequencer.isClockSkewed,
      },
      replay: this.replayProgress,
      tradesTold: this.tape.length,
    };
  }
}

function describeFailure({ failure }: Journal): StatusView['journal']['failure'] {
  if (failure === null) return null;
  const { code, message, outcome } = failure;
  return { code, message, outcome };
}
