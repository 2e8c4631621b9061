import { monotonicMs, passTurn } from '../common/index.js';
import { type Journal, type JournalEntry, type JournalSubscription } from '../journal/index.js';
import type { ProjectionCheckpoints } from './projection-checkpoints.js';
import type { ProjectionHandlers } from './projection-handlers.js';
import type { ResolvedProjectionOptions } from './projection-options.js';
import type { ProjectionContext, ProjectionState } from './projection.interface.js';

/** What the loop of a projection is to do; `run` unless somebody asked for something else. */
export type WantedOfProjection = 'run' | 'pause' | 'drain' | 'stop';

export interface ProjectionFollowerParts {
  readonly name: string;
  readonly journal: Journal;
  readonly options: ResolvedProjectionOptions;
  readonly handlers: ProjectionHandlers;
  readonly checkpoints: ProjectionCheckpoints;
}

/** Who runs it. */
export interface ProjectionFollowerOwner {
  /** Looked at between two batches, `stop` between two entries, too. */
  readonly wanted: () => WantedOfProjection;
  readonly onState: (state: ProjectionState) => void;
  /** So many more entries are handled. */
  readonly onHandled: (entries: number) => void;
  /** That entries were handled is stored. */
  readonly onSaved: () => void;
  /** Aborted when the time to drain is over; handlers get it. */
  readonly abandoned: AbortSignal;
  /** Runs code of the projection's class. */
  readonly calling: <T>(work: () => T) => T;
}

/** A handler that never waits gives way to timers and sockets after so much time. */
const SLICE_MS = 5;

/** Reads the journal from the checkpoint on, has it handled batch by batch, and stores how far it is. */
export class ProjectionFollower {
  constructor(
    private readonly parts: ProjectionFollowerParts,
    private readonly owner: ProjectionFollowerOwner,
  ) {}

  /**
   * Until something else is wanted, the journal ends, or something fails.
   * @param interrupt aborted to end a wait for entries; its reason is thrown
   * @returns whether it was the journal that ended
   */
  async follow(interrupt: AbortSignal): Promise<boolean> {
    const { journal, checkpoints, options } = this.parts;
    const { owner } = this;
    const { position } = checkpoints;
    const subscription = journal.subscribe({
      from: position === null ? 'beginning' : position + 1n,
      // A checkpoint must never be ahead of what the journal has after a crash of the machine.
      durable: true,
      signal: interrupt,
      batchSize: options.batchSize,
    });
    owner.onState(owner.wanted() === 'drain' ? 'draining' : 'catching-up');
    try {
      for (;;) {
        if (subscription.lag === 0n && owner.wanted() === 'run') owner.onState('running');
        const batch = await this.nextBatch(subscription);
        if (batch.length > 0) await this.handle(batch);
        if (owner.wanted() === 'drain' ? batch.length === 0 : subscription.isEnded) break;
        if (batch.length === 0 || checkpoints.dueInMs === 0) await this.save();
        if (owner.wanted() === 'pause' || owner.wanted() === 'stop') break;
      }
      await this.save();
      return subscription.isEnded;
    } finally {
      await subscription.close();
    }
  }

  /** Empty when what was handled is due to be stored, and when draining has reached the end. */
  private nextBatch(subscription: JournalSubscription): Promise<JournalEntry[]> {
    const { journal, checkpoints, options } = this.parts;
    const { historyEnd, position, dueInMs } = checkpoints;
    const isDraining = this.owner.wanted() === 'drain';
    const timeoutMs = isDraining ? 0 : dueInMs === Infinity ? undefined : Math.ceil(dueInMs);
    // No batch holds history and what is new.
    const history =
      historyEnd === null ? 0n : historyEnd - (position ?? (journal.firstAvailableSequence ?? 0n) - 1n);
    const maxEntries =
      history > 0n && history < BigInt(options.batchSize) ? Number(history) : options.batchSize;
    return subscription.nextBatch({ maxEntries, lingerMs: isDraining ? 0 : options.batchWaitMs, timeoutMs });
  }

  private async handle(batch: readonly JournalEntry[]): Promise<void> {
    const { handlers, checkpoints } = this.parts;
    const last = batch[batch.length - 1] as JournalEntry;
    let handled = batch.length;
    await checkpoints.commit(async (transaction) => {
      if (handlers.takesBatches) {
        await handlers.handleBatch(batch, this.contextOf(last, transaction), this.owner.calling);
        return last;
      }
      handled = await this.handleOneByOne(batch, transaction);
      return batch[handled - 1] as JournalEntry;
    });
    this.owner.onHandled(handled);
  }

  /** @returns how many were handled: not all of them where it is to stop */
  private async handleOneByOne(batch: readonly JournalEntry[], transaction: unknown): Promise<number> {
    const { handlers, checkpoints } = this.parts;
    let sliceEndMs = monotonicMs() + SLICE_MS;
    let handled = 0;
    for (const entry of batch) {
      this.owner.abandoned.throwIfAborted();
      const sent = await handlers.handle(entry, this.contextOf(entry, transaction), this.owner.calling);
      handled += 1;
      if (!checkpoints.isTransactional) {
        checkpoints.handled(entry);
        if (sent > 0) await this.save();
      }
      if (this.owner.wanted() === 'stop') break;
      if (monotonicMs() < sliceEndMs) continue;
      await passTurn();
      sliceEndMs = monotonicMs() + SLICE_MS;
    }
    return handled;
  }

  private async save(): Promise<void> {
    if (await this.parts.checkpoints.save()) this.owner.onSaved();
  }

  private contextOf(entry: JournalEntry, transaction: unknown): ProjectionContext {
    const { name, checkpoints } = this.parts;
    return {
      projection: name,
      isReplaying: checkpoints.isHistory(entry),
      transaction,
      idempotencyKey: `${name}/${entry.sequenceNum}`,
      signal: this.owner.abandoned,
    };
  }
}
