import type { SequencerEvent } from '../journal/index.js';
import type { AggregatePosition } from './aggregate.errors.js';
import type { AggregateRootLike, SavedEvents } from './aggregate-repository.interface.js';
import type { AggregateStore, UnacknowledgedSave } from './aggregate-store.js';
import type { TrackedAggregate } from './tracked-aggregates.js';

/** The uncommitted events of one aggregate in a save. */
export interface Batch<TAggregate extends AggregateRootLike> {
  readonly tracked: TrackedAggregate<TAggregate>;
  readonly id: string;
  readonly events: object[];
  /** The registration in the store, once the journal has accepted the entry. */
  noted: UnacknowledgedSave | null;
}

/** A save whose entry the journal has received but not acknowledged. */
export class PendingSave<TAggregate extends AggregateRootLike> implements SavedEvents {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  /** Settles with the entry, after the objects were updated and their events published. */
  readonly acknowledged: Promise<void>;

  /**
   * Commits the entry in this tick.
   * @param events of all batches, to publish
   */
  constructor(
    private readonly type: string,
    private readonly store: AggregateStore,
    private readonly batches: readonly Batch<TAggregate>[],
    entry: SequencerEvent,
    events: object[],
  ) {
    this.sequenceNum = entry.sequenceNum;
    this.timestampNs = entry.timestampNs;
    const { accepted, acknowledged } = store.writer.commit(entry, events, () => this.settle());
    this.acknowledged = acknowledged;
    for (const batch of batches) {
      batch.tracked.save = acknowledged;
      if (accepted && batch.events.length > 0) this.note(batch);
    }
  }

  /** Ends the save after `acknowledged` has settled. */
  end(): void {
    for (const { tracked, id, noted } of this.batches) {
      tracked.save = null;
      if (noted !== null) this.store.forgetUnacknowledged(this.type, id, noted);
    }
  }

  /** Updates the objects whose events are stored. */
  private settle(): void {
    for (const batch of this.batches) {
      const { tracked, events } = batch;
      if (events.length === 0) continue;
      tracked.position = this.positionAfter(batch);
      tracked.removeStored(events.length);
    }
  }

  private note(batch: Batch<TAggregate>): void {
    batch.noted = { position: this.positionAfter(batch), acknowledged: this.acknowledged };
    this.store.noteUnacknowledged(this.type, batch.id, batch.noted);
  }

  private positionAfter({ tracked, events }: Batch<TAggregate>): AggregatePosition {
    return { sequence: this.sequenceNum, version: tracked.position.version + events.length };
  }
}
