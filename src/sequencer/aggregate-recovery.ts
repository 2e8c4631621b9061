import type { ReplayTarget } from '../replay/index.js';
import type { SequencerParts } from './sequencer.interface.js';

/** An aggregate that can begin anew. */
interface ResettableTarget extends ReplayTarget {
  reset(): Promise<void>;
}

type Sources = Pick<SequencerParts<never, never, never>, 'journal' | 'queue' | 'replay'>;

/** Brings an aggregate to what the journal holds, while its Sequencer takes no commands. */
export class AggregateRecovery {
  constructor(
    private readonly sources: Sources,
    private readonly target: ResettableTarget,
  ) {}

  /** Discards what the aggregate holds, and rehydrates it. */
  async rebuild(): Promise<void> {
    await this.target.reset();
    await this.sources.replay.rehydrate([this.target]);
    await this.followToTheEnd();
  }

  /**
   * Delivers what others appended.
   * @returns false when the journal has given sequences back: the aggregate may hold what is not there
   */
  async catchUp(): Promise<boolean> {
    const { nextSequence } = this.sources.journal;
    const { lastSequence } = this.target;
    if (nextSequence === null || (lastSequence !== null && lastSequence >= nextSequence)) return false;
    await this.followToTheEnd();
    return true;
  }

  /** True when the aggregate holds all that the journal has taken, or the journal takes nothing more. */
  private get isDone(): boolean {
    const { journal } = this.sources;
    return journal.state !== 'open' || this.isEnd(this.target.lastSequence);
  }

  /** Events may come in meanwhile through the other doors; a failed journal ends where it ends. */
  private async followToTheEnd(): Promise<void> {
    const { journal, queue, replay } = this.sources;
    while (!this.isDone) {
      await queue.idle();
      // What was appended past the queue becomes visible with this.
      if (!this.isEnd(journal.lastSequence)) await journal.flush();
      await replay.catchUp([this.target]);
    }
  }

  private isEnd(sequence: bigint | null): boolean {
    const { nextSequence } = this.sources.journal;
    return nextSequence === null || sequence === nextSequence - 1n;
  }
}
