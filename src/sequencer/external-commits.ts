import { SequencerEvent } from '../journal/index.js';
import { ReplayDivergenceError } from '../replay/index.js';
import type { ExecutedAggregateTarget } from './aggregate-target.js';
import type { CommandIds } from './command-ids.js';
import type { CommandLoop } from './command-loop.js';
import type { Commit, CommitQueue } from './commit-queue.js';
import type { EventConversion } from './event-conversion.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';
import type { SequencerLifecycle } from './sequencer-lifecycle.js';

type Target = Pick<ExecutedAggregateTarget<SequencerAggregate>, 'handles' | 'deliver' | 'skip'>;

/**
 * Journals events that another part of the application created, and keeps the aggregate in step with them.
 */
export class ExternalCommits<TCommand, TResult> {
  constructor(
    private readonly lifecycle: SequencerLifecycle,
    private readonly loop: CommandLoop<TCommand, TResult>,
    private readonly queue: CommitQueue,
    /** Null without an aggregate. */
    private readonly target: Target | null,
    private readonly conversion: EventConversion<TCommand, TResult>,
    private readonly ids: CommandIds<TCommand, TResult>,
  ) {}

  /** See `Sequencer.commitExternal`. */
  commit(event: SequencerEvent, onAcknowledged?: () => void): Commit {
    const { target, lifecycle, loop, queue } = this;
    // During a recovery the replay reads the event from the journal.
    const isLive = target !== null && lifecycle.state === 'open' && loop.isInStep();
    const toStore = this.conversion.eventToStore(event) as SequencerEvent<TCommand, TResult>;
    if (!isLive || event.sequenceNum !== queue.nextSequence) {
      return this.store(toStore, onAcknowledged, event);
    }
    const isHandled = target.handles(toStore.command);
    if (isHandled) this.deliver(target, toStore);
    const commit = this.store(toStore, onAcknowledged, event);
    if (isHandled) loop.track(commit);
    else if (commit.accepted) {
      target.skip(event.sequenceNum);
      loop.skip(commit);
    }
    return commit;
  }

  /** @param published the event as the application created it */
  private store(
    event: SequencerEvent<TCommand, TResult>,
    onAcknowledged: (() => void) | undefined,
    published: SequencerEvent,
  ): Commit {
    const { queue, ids } = this;
    // Undefined in an event of another copy of this package, from a version without ids.
    const id = ids.areStored && event.commandId ? event.commandId : null;
    // The id must be usable before the event is stored.
    const read = id === null ? null : this.asReplayed(event).command;
    const commit = queue.commit(event, { onStored: onAcknowledged }, published);
    if (!commit.accepted) return commit;
    ids.recordCommitted(event.sequenceNum, id);
    // An open Sequencer rebuilds its aggregate after a refusal, and reads all ids again.
    if (this.lifecycle.state === 'recovering')
      commit.acknowledged.catch(() => ids.recordRefused(event.sequenceNum));
    if (id !== null) ids.recordExternal(event, id, read as TCommand, commit.acknowledged);
    return commit;
  }

  private deliver(target: Target, event: SequencerEvent<TCommand, TResult>): void {
    try {
      target.deliver(this.asReplayed(event));
    } catch (error) {
      // The aggregate has executed an event that is not journaled. If the aggregate threw the error, it has
      // not changed.
      if (error instanceof ReplayDivergenceError && error.cause === undefined)
        this.queue.journal.poison(error);
      throw error;
    }
  }

  private asReplayed({
    sequenceNum,
    timestampNs,
    command,
    result,
  }: SequencerEvent<TCommand, TResult>): SequencerEvent<TCommand, TResult> {
    const copy = this.conversion.asReplayed(command, sequenceNum, timestampNs);
    return new SequencerEvent({ sequenceNum, timestampNs, command: copy, result });
  }
}
