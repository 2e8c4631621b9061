import { CooperativeYield } from '../common/index.js';
import type { Journal, JournalEntry, JournalSubscription } from '../journal/index.js';
import type { ProjectionCheckpoints } from './projection-checkpoints.js';
import type { ProjectionHandlers } from './projection-handlers.js';
import type { ResolvedProjectionOptions } from './projection-options.js';
import type { LoopOrder } from './projection-states.js';
import type { ProjectionContext } from './projection.interface.js';

/** Reads the journal after the checkpoint and passes its entries to the handlers, batch by batch. */
export class ProjectionFollower {
  constructor(
    private readonly journal: Journal,
    private readonly handlers: ProjectionHandlers,
    private readonly checkpoints: ProjectionCheckpoints,
    private readonly options: Pick<ResolvedProjectionOptions, 'batchSize' | 'batchWaitMs'>,
    /** Aborted when the time to drain is over; handlers get it. */
    private readonly abandoned: AbortSignal,
  ) {}

  /** @param interrupt aborted to end a wait for entries; its reason is thrown */
  open(interrupt: AbortSignal): JournalSubscription {
    const { position } = this.checkpoints;
    return this.journal.subscribe({
      from: position === null ? 'beginning' : position + 1n,
      // A checkpoint must never be ahead of the entries that the journal has after a crash of the machine.
      durable: true,
      signal: interrupt,
      batchSize: this.options.batchSize,
    });
  }

  /** Resolves with an empty batch if a checkpoint is due, and at the end of the journal while draining. */
  nextBatch(subscription: JournalSubscription, isDraining: boolean): Promise<JournalEntry[]> {
    const { batchSize, batchWaitMs } = this.options;
    const { dueInMs } = this.checkpoints;
    const timeoutMs = isDraining ? 0 : dueInMs === Infinity ? undefined : Math.ceil(dueInMs);
    const lingerMs = isDraining ? 0 : batchWaitMs;
    // No batch holds both history and new entries.
    const history = this.historyLeft();
    const maxEntries = history > 0n && history < BigInt(batchSize) ? Number(history) : batchSize;
    return subscription.nextBatch({ maxEntries, lingerMs, timeoutMs });
  }

  /**
   * Calls the handlers.
   * @param lifecycle its order `stop` ends the batch after the current entry
   * @param onSaved called when a checkpoint was stored within the batch
   * @returns the number of handled entries
   */
  async handle(
    batch: readonly JournalEntry[],
    lifecycle: { readonly order: LoopOrder },
    onSaved: () => void,
  ): Promise<number> {
    const { handlers, checkpoints } = this;
    const last = batch[batch.length - 1] as JournalEntry;
    let handled = batch.length;
    await checkpoints.commit(async (transaction) => {
      if (handlers.takesBatches) {
        await handlers.handleBatch(batch, this.contextOf(last, transaction));
        return last;
      }
      handled = await this.handleOneByOne(batch, transaction, lifecycle, onSaved);
      return batch[handled - 1] as JournalEntry;
    });
    return handled;
  }

  private async handleOneByOne(
    batch: readonly JournalEntry[],
    transaction: unknown,
    lifecycle: { readonly order: LoopOrder },
    onSaved: () => void,
  ): Promise<number> {
    const { handlers, checkpoints } = this;
    const pause = new CooperativeYield();
    let handled = 0;
    for (const entry of batch) {
      this.abandoned.throwIfAborted();
      const sent = await handlers.handle(entry, this.contextOf(entry, transaction));
      handled += 1;
      if (!checkpoints.isTransactional) {
        checkpoints.handled(entry);
        if (sent > 0 && (await checkpoints.save())) onSaved();
      }
      if (lifecycle.order === 'stop') break;
      if (pause.isDue) await pause.run();
    }
    return handled;
  }

  /** Number of unhandled entries up to the boundary of history. */
  private historyLeft(): bigint {
    const { historyEnd, position } = this.checkpoints;
    if (historyEnd === null) return 0n;
    return historyEnd - (position ?? (this.journal.firstAvailableSequence ?? 0n) - 1n);
  }

  private contextOf(entry: JournalEntry, transaction: unknown): ProjectionContext {
    const { handlers, checkpoints, abandoned } = this;
    return {
      projection: handlers.name,
      isReplaying: checkpoints.isHistory(entry),
      transaction,
      idempotencyKey: `${handlers.name}/${entry.sequenceNum}`,
      signal: abandoned,
    };
  }
}
