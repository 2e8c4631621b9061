import { Logger } from '@nestjs/common';
import { JournalClosedError, describeThrown } from '../journal/index.js';
import type { ReplayService, ReplayTarget } from '../replay/index.js';
import type { CommandIds } from './command-ids.js';
import type { CommitQueue } from './commit-queue.js';

/** An aggregate that can be reset to its initial state. */
interface ResettableTarget extends ReplayTarget {
  reset(): Promise<void>;
}

/**
 * Brings an aggregate, and the ids of its commands, to the end of the journal. The Sequencer executes nothing
 * meanwhile; the outcome decides how it continues.
 */
export class AggregateRecovery {
  private readonly logger = new Logger('Sequencer');

  constructor(
    private readonly queue: CommitQueue,
    private readonly replay: ReplayService,
    /** Null without an aggregate: then there is nothing to recover. */
    private readonly target: ResettableTarget | null,
    private readonly ids: Pick<CommandIds<unknown, unknown>, 'load' | 'follow'>,
  ) {}

  /**
   * Discards the aggregate and rehydrates a new one.
   * @returns null after success; the reason why the aggregate is lost if the journal is already closed
   * @throws (rejects) what the replay throws
   */
  async rebuild(): Promise<Error | null> {
    const { target } = this;
    if (target === null) return null;
    // The aggregate holds an entry that is not stored, and the journal can no longer be read.
    if (this.queue.journal.state === 'closed') return new JournalClosedError();
    this.logger.warn(`${target.name} is rebuilt from the journal: an entry was not stored`);
    await target.reset();
    await this.replay.rehydrate([target]);
    await this.followToTheEnd(target);
    await this.ids.load();
    return null;
  }

  /**
   * Delivers entries that were appended without the Sequencer.
   * @returns false if the aggregate must be rebuilt; a failure is logged
   */
  async catchUp(): Promise<boolean> {
    const { target } = this;
    if (target === null) return false;
    try {
      if (!this.queue.isInStep) {
        if (this.isAheadOfJournal(target)) return false;
        await this.followToTheEnd(target);
      }
      // After the aggregate, so that the ids reach at least as far.
      await this.ids.follow();
      return true;
    } catch (error) {
      this.logger.error('catching up with the journal failed', describeThrown(error));
      return false;
    }
  }

  /**
   * Reports the last entry of the aggregate to the queue. It must run in the tick in which commands are
   * executed again: an entry that is committed in between puts the queue out of step.
   */
  resync(): void {
    if (this.target === null) this.queue.resync();
    else this.queue.resync(this.target.lastSequence);
  }

  /** Whether the journal has reclaimed sequences: the aggregate may then hold entries that are not stored. */
  private isAheadOfJournal({ lastSequence }: ResettableTarget): boolean {
    const { nextSequence } = this.queue.journal;
    return nextSequence === null || (lastSequence !== null && lastSequence >= nextSequence);
  }

  /** External events may be committed meanwhile. A failed journal accepts no more. */
  private async followToTheEnd(target: ResettableTarget): Promise<void> {
    const { queue, replay } = this;
    const { journal } = queue;
    while (journal.state === 'open' && !this.isEnd(target.lastSequence)) {
      await queue.idle();
      // Makes entries visible that were appended without the queue.
      if (!this.isEnd(journal.lastSequence)) await journal.flush();
      await replay.catchUp([target]);
    }
  }

  private isEnd(sequence: bigint | null): boolean {
    const { nextSequence } = this.queue.journal;
    return nextSequence === null || sequence === nextSequence - 1n;
  }
}
