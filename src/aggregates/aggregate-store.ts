import type { DomainEvent } from '../events/index.js';
import type { AggregateHistory, LoadedEvent } from './aggregate-history.js';
import type { AggregateIndex } from './aggregate-index.js';
import type { AggregatePosition } from './aggregate.errors.js';
import type { DomainEventWriter } from './domain-event-writer.js';

/** A save whose entry is not acknowledged yet. */
export interface UnacknowledgedSave {
  /** The position of the aggregate with this entry. */
  readonly position: AggregatePosition;
  readonly acknowledged: Promise<void>;
}

/**
 * The stored aggregates of one journal: their positions, their events and a writer for more. Shared by the
 * repositories.
 */
export class AggregateStore {
  /** Unacknowledged saves, by the owner in the index and by id. */
  private readonly unacknowledged = new Map<string | null, Map<string, UnacknowledgedSave>>();

  constructor(
    private readonly index: AggregateIndex,
    private readonly history: AggregateHistory,
    readonly writer: DomainEventWriter,
  ) {}

  /** Ids of the aggregates of a type, in the order of their first events. */
  ids(type: string): IterableIterator<string> {
    return this.index.ids(type);
  }

  /**
   * Returns the position of an aggregate, up to the last acknowledged entry.
   * @throws AggregateTypeError (`JOURNAL_AGGREGATE_TYPE`)
   */
  storedPositionOf(type: string, id: string): AggregatePosition {
    return this.index.positionOf(type, id);
  }

  /**
   * The number of events of an aggregate, up to the last acknowledged entry; throws as
   * {@link storedPositionOf} does.
   */
  storedVersionOf(type: string, id: string): number {
    return this.index.versionOf(type, id);
  }

  /** Whether the acknowledged events of an aggregate end at `position`; throws as above. */
  isStoredPosition(type: string, id: string, position: AggregatePosition): boolean {
    return this.index.isAt(type, id, position);
  }

  /**
   * Whether an aggregate had `position` at some time. If not, another class has claimed the events up to it.
   */
  hadPosition(type: string, id: string, { sequence }: AggregatePosition): boolean {
    return sequence === null || this.index.hasEventsAt(type, id, sequence);
  }

  /** Whether an aggregate ends at `position`, and has no unacknowledged save. */
  isNewest(type: string, id: string, position: AggregatePosition): boolean {
    return this.unacknowledgedOf(type, id) === undefined && this.index.isAt(type, id, position);
  }

  /** As {@link storedPositionOf}, including saves whose entries are not acknowledged yet. */
  newestPositionOf(type: string, id: string): AggregatePosition {
    return this.unacknowledgedOf(type, id)?.position ?? this.index.positionOf(type, id);
  }

  /**
   * The events of an aggregate in the entries after `after`; throws as {@link AggregateHistory.read} does.
   */
  eventsOf(type: string, id: string, after: bigint | null): AsyncGenerator<LoadedEvent[], void, undefined> {
    const isOwn = (event: DomainEvent): boolean => this.index.isOf(type, id, event);
    return this.history.read(isOwn, this.index.sequencesOf(type, id, after));
  }

  /** Registers a save of an aggregate until it is settled, for the checks of other saves. */
  noteUnacknowledged(type: string, id: string, save: UnacknowledgedSave): void {
    const owner = this.index.ownerOf(type, id);
    let saves = this.unacknowledged.get(owner);
    if (saves === undefined) this.unacknowledged.set(owner, (saves = new Map()));
    saves.set(id, save);
  }

  /** Ends the registration of a save that is settled. */
  forgetUnacknowledged(type: string, id: string, save: UnacknowledgedSave): void {
    // The entry may have claimed an aggregate that was unclaimed when the save began.
    for (const owner of [type, null]) {
      const saves = this.unacknowledged.get(owner);
      if (saves?.get(id) === save) saves.delete(id);
    }
  }

  /** Resolves when every save of the aggregate is settled; never rejects. */
  async settled(type: string, id: string): Promise<void> {
    await this.unacknowledgedOf(type, id)?.acknowledged.catch(() => undefined);
  }

  private unacknowledgedOf(type: string, id: string): UnacknowledgedSave | undefined {
    return this.unacknowledged.get(this.index.ownerOf(type, id))?.get(id);
  }
}
