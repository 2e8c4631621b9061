import type { JournalEntry, SequencerEvent } from '../journal/index.js';
import type { ReplayTarget, SnapshotSupport } from '../replay/index.js';
import { AggregateTypeError, type AggregatePosition } from './aggregate.errors.js';
import { AggregateRows } from './aggregate-rows.js';
import type { AggregateTypes } from './aggregate-types.js';
import { ownersInCommand, ownersOf, type EventOwner } from './event-owners.js';
import { INDEX_STATE_VERSION, captureIndex, oldestIn, restoreIndex, type IndexState } from './index-state.js';

/**
 * Which entries hold events of which aggregate. Follows the journal; the events themselves stay on disk. Per entry 12 bytes, per
 * aggregate 8 bytes and its id in a Map.
 *
 * An aggregate is known by its type and its id. Early releases stored events without the type. Those that one class alone has a
 * handler for belong to that class. Others belong to the class that has the id, or that is first to store an event for it; until
 * then they are unclaimed, and every class finds them.
 */
export class AggregateIndex implements ReplayTarget {
  /** Names its snapshots. */
  static readonly targetName = 'domain events';
  readonly name = AggregateIndex.targetName;
  lastSequence: bigint | null = null;
  /** The oldest entry with an event of an aggregate: it is read again whenever that aggregate is loaded. */
  oldestNeeded: bigint | null = null;
  readonly snapshots: SnapshotSupport = {
    version: INDEX_STATE_VERSION,
    olderVersions: [1],
    capture: () => captureIndex(this.rows),
    restore: (state, sequence) => this.restore(state as IndexState, sequence),
  };
  private rows = new AggregateRows();

  constructor(private readonly types: AggregateTypes) {}

  deliver(event: SequencerEvent): void {
    this.add(event.sequenceNum, ownersInCommand(event.command));
  }

  /** As `deliver`, without decoding the event. */
  deliverEntry(entry: JournalEntry): void {
    this.add(entry.sequenceNum, ownersOf(entry, this.types));
  }

  /** Ids of the aggregates of a type that have events, in the order of their first ones. */
  ids(type: string): IterableIterator<string> {
    return this.rows.ids(type);
  }

  /**
   * How far a stored aggregate is; version 0 where there is no event of it.
   * @throws AggregateTypeError (`JOURNAL_AGGREGATE_TYPE`) where its events cannot be told from those of another class
   */
  positionOf(type: string, aggregateId: string): AggregatePosition {
    const mixedAt = this.rows.mixedUp.get(aggregateId);
    if (mixedAt !== undefined && this.rows.claimantsOf(aggregateId).includes(type))
      throw new AggregateTypeError(type, aggregateId, this.rows.claimantsOf(aggregateId), mixedAt);
    const row = this.rows.find(type, aggregateId);
    if (row === undefined) {
      this.assertNotOfUnknownType(type, aggregateId);
      return { sequence: null, version: 0 };
    }
    return { sequence: this.rows.lastSequenceOf(row), version: this.rows.eventsOf(row) };
  }

  /** Sequences of the entries with events of an aggregate, oldest first; only those after `after`. */
  sequencesOf(type: string, aggregateId: string, after: bigint | null = null): bigint[] {
    const row = this.rows.find(type, aggregateId);
    return row === undefined ? [] : this.rows.sequencesOf(row, after);
  }

  /** Whether an event in an entry of `sequencesOf` is of the aggregate. */
  isOf(type: string, aggregateId: string, event: EventOwner): boolean {
    if (event.aggregateId !== aggregateId) return false;
    const { aggregateType, name } = event;
    const own = aggregateType === null ? this.types.ofEvent(name) : this.types.nameOf(aggregateType);
    return own === null || own === type;
  }

  /** One key for all objects of an aggregate, whichever class made them while it is unclaimed. */
  keyOf(type: string, aggregateId: string): string {
    return this.rows.unclaimed.has(aggregateId) ? aggregateId : `${type}\0${aggregateId}`;
  }

  /** For the log, when the application has started: what was stored and is of no class, or of several. */
  remarks(): string[] {
    const { unclaimed, shared } = this.rows;
    const remarks: string[] = [];
    if (unclaimed.size > 0 && this.types.size > 1) {
      remarks.push(
        `${show(unclaimed.keys(), unclaimed.size)} were stored without the name of their class, and several registered classes may own ` +
          'them: every one of their repositories finds them until one saves them. Handle each of their events with @On() in one class only',
      );
    }
    if (shared.size > 0) {
      remarks.push(
        `${show(shared.keys(), shared.size)} were stored without the name of their class, and have events of several registered classes: ` +
          'each class gets the events that it has a handler for',
      );
    }
    const unknown = this.rows.types().filter((type) => !this.types.isRegistered(type));
    if (unknown.length > 0 && !this.types.skipsUnknown) {
      remarks.push(
        `no class is registered for the stored aggregates of ${unknown.join(', ')}: ` +
          "if a class was renamed, list its former name in @JournalAggregate({ aliases: ['…'] })",
      );
    }
    return remarks;
  }

  /** What the columns take; the Maps of ids come on top. */
  get columnBytes(): number {
    return this.rows.columnBytes;
  }

  private add(sequence: bigint, owners: readonly EventOwner[]): void {
    this.lastSequence = sequence;
    if (owners.length > 0) this.oldestNeeded ??= sequence;
    for (const { aggregateId, aggregateType, name } of owners) {
      if (aggregateType !== null)
        this.rows.add(sequence, this.rows.claim(this.types.nameOf(aggregateType), aggregateId));
      else this.rows.addUntyped(sequence, aggregateId, name, this.types.ofEvent(name));
    }
  }

  /** An undeclared rename would start a second aggregate beside the first. */
  private assertNotOfUnknownType(type: string, aggregateId: string): void {
    if (this.types.skipsUnknown) return;
    const unknown = this.rows.claimantsOf(aggregateId).filter((other) => !this.types.isRegistered(other));
    if (unknown.length > 0) throw new AggregateTypeError(type, aggregateId, unknown, null);
  }

  private restore(state: IndexState, sequence: bigint): void {
    const rows = restoreIndex(state, this.types);
    this.rows = rows ?? new AggregateRows();
    this.oldestNeeded = oldestIn(state);
    this.lastSequence = sequence;
    if (rows !== null || this.oldestNeeded === null) return;
    // Whose the events are has to be read of them again. Archiving has kept them.
    this.lastSequence = this.oldestNeeded === 0n ? null : this.oldestNeeded - 1n;
    this.oldestNeeded = null;
  }
}

const SHOWN_IDS = 5;

function show(ids: Iterable<string>, count: number): string {
  const shown: string[] = [];
  for (const id of ids) if (shown.push(id) === SHOWN_IDS) break;
  const rest = count - shown.length;
  return `${count} aggregate${count === 1 ? '' : 's'} (${shown.join(', ')}${rest > 0 ? ', …' : ''})`;
}
