import { Logger } from '@nestjs/common';
import type { ReplayService } from '../../replay/index.js';
import type { CommitQueue, Sequencer } from '../../sequencer/index.js';
import type { AggregateTargets } from '../features/aggregate-targets.js';

/** Rebuilds the aggregates and the clock in memory from a journal, before the application can use them. */
export class Rehydration {
  private readonly logger = new Logger('FileJournalModule');

  constructor(
    private readonly journalName: string,
    private readonly targets: AggregateTargets,
    private readonly replay: ReplayService,
    private readonly queue: CommitQueue,
    private readonly sequencer: Sequencer,
  ) {}

  /**
   * Creates the aggregates and brings them to the end of the journal.
   * @returns the sequences of the snapshots that aggregates were restored from, by name
   */
  async run(): Promise<ReadonlyMap<string, bigint>> {
    await this.targets.reset();
    const { snapshots } = await this.replay.rehydrate(this.targets.all);
    for (const remark of this.targets.index?.remarks() ?? [])
      this.logger.warn(`journal "${this.journalName}": ${remark}`);
    this.observeLastTimestamp();
    // The last sequence of the aggregate: the queue must detect an entry that was appended since.
    const { executed } = this.targets;
    if (executed === null) this.queue.resync();
    else this.queue.resync(executed.lastSequence);
    await this.sequencer.loadCommandIds();
    return snapshots;
  }

  /** Time must not go back across a restart. */
  private observeLastTimestamp(): void {
    const { journal, clock } = this.queue;
    const { lastSequence } = journal;
    if (lastSequence === null) return;
    for (const entry of journal.readFrom(lastSequence, { limit: 1 })) clock.observe(entry.timestampNs);
  }
}
