import { fromCommand } from '../events/index.js';
import type { JournalEntry, SequencerEvent } from '../journal/index.js';
import type { ReplayTarget, SnapshotSupport } from '../replay/index.js';
import { AggregateTypeError, type AggregatePosition } from './aggregate.errors.js';
import { AggregateRows } from './aggregate-rows.js';
import type { AggregateTypes } from './aggregate-types.js';
import { ownersInCommand, ownersOf, type EventOwner } from './event-owners.js';
import { INDEX_STATE_VERSION, captureIndex, oldestIn, restoreIndex, type IndexState } from './index-state.js';

/**
 * Index of the entries of each aggregate. It follows the journal; the events themselves stay on disk. The
 * index needs 12 bytes per entry, and per aggregate 8 bytes and its id in a Map.
 *
 * An aggregate is identified by its type and its id. Early releases stored events without the type. If only
 * one class has a handler for such an event, the event belongs to that class. Other such events belong to the
 * class that already has the id, or that first stores an event for it. Until then their aggregate is
 * unclaimed, and every class finds it.
 */
export class AggregateIndex implements ReplayTarget {
  /** The name of its snapshots. */
  static readonly targetName = 'domain events';
  readonly name = AggregateIndex.targetName;
  lastSequence: bigint | null = null;
  /** The oldest entry with an event of an aggregate. Loading that aggregate reads the entry again. */
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

  /**
   * As {@link deliverEntry}, without reading the entry, if the event shows the content of the entry.
   * @param event as the journal stored it: its command is plain data that was not changed afterwards
   * @returns false if the entry must be read
   */
  deliverStored(event: SequencerEvent): boolean {
    const { lastSequence } = this;
    if (lastSequence === null || event.sequenceNum > lastSequence + 1n) return false;
    if (event.sequenceNum <= lastSequence) return true;
    // A command with another form in memory may still read back in this form.
    const owners = fromCommand(event.command);
    if (owners === null) return false;
    this.add(event.sequenceNum, owners);
    return true;
  }

  /** Ids of the aggregates of a type, in the order of their first events. */
  ids(type: string): IterableIterator<string> {
    return this.rows.ids(type);
  }

  /**
   * Returns the position of a stored aggregate; version 0 if the aggregate has no event.
   * @throws AggregateTypeError (`JOURNAL_AGGREGATE_TYPE`) if its events may belong to another class
   */
  positionOf(type: string, aggregateId: string): AggregatePosition {
    const { mixedUp } = this.rows;
    const mixedAt = mixedUp.size === 0 ? undefined : mixedUp.get(aggregateId);
    if (mixedAt !== undefined && this.rows.claimantsOf(aggregateId).includes(type))
      throw new AggregateTypeError(type, aggregateId, this.rows.claimantsOf(aggregateId), mixedAt);
    const row = this.rows.find(type, aggregateId);
    if (row === undefined) {
      this.assertNotOfUnknownType(type, aggregateId);
      return { sequence: null, version: 0 };
    }
    return { sequence: this.rows.lastSequenceOf(row), version: this.rows.eventsOf(row) };
  }

  /**
   * Returns the number of events of an aggregate, the `version` of {@link positionOf}, in a shorter way.
   * @throws AggregateTypeError (`JOURNAL_AGGREGATE_TYPE`) as {@link positionOf} does
   */
  versionOf(type: string, aggregateId: string): number {
    const { rows } = this;
    const row = rows.mixedUp.size === 0 ? rows.find(type, aggregateId) : undefined;
    return row === undefined ? this.positionOf(type, aggregateId).version : rows.eventsOf(row);
  }

  /**
   * Whether the last event of an aggregate is at `position`.
   * @throws AggregateTypeError (`JOURNAL_AGGREGATE_TYPE`) as {@link positionOf} does
   */
  isAt(type: string, aggregateId: string, position: AggregatePosition): boolean {
    if (this.versionOf(type, aggregateId) !== position.version) return false;
    // Events are only ever added. But a class may have found unclaimed events, which another class then
    // claimed, and may have stored as many of its own.
    return (
      this.rows.ambiguous.size === 0 || this.positionOf(type, aggregateId).sequence === position.sequence
    );
  }

  /** Whether the entry of this sequence has events of an aggregate. */
  hasEventsAt(type: string, aggregateId: string, sequence: bigint): boolean {
    return this.sequencesOf(type, aggregateId, sequence - 1n)[0] === sequence;
  }

  /** Sequences of the entries of an aggregate, oldest first; only those after `after`. */
  sequencesOf(type: string, aggregateId: string, after: bigint | null = null): bigint[] {
    const row = this.rows.find(type, aggregateId);
    return row === undefined ? [] : this.rows.sequencesOf(row, after);
  }

  /** Whether an event in an entry of {@link sequencesOf} belongs to the aggregate. */
  isOf(type: string, aggregateId: string, event: EventOwner): boolean {
    if (event.aggregateId !== aggregateId) return false;
    const { aggregateType, name } = event;
    const own = aggregateType === null ? this.types.ofEvent(name) : this.types.nameOf(aggregateType);
    return own === null || own === type;
  }

  /**
   * Returns the type that owns an aggregate; null while the aggregate is unclaimed: objects of every class
   * are then the same aggregate.
   */
  ownerOf(type: string, aggregateId: string): string | null {
    const { unclaimed } = this.rows;
    return unclaimed.size > 0 && unclaimed.has(aggregateId) ? null : type;
  }

  /** Log lines for the boot: stored aggregates that belong to no registered class, or to several. */
  remarks(): string[] {
    const { unclaimed, shared } = this.rows;
    const remarks: string[] = [];
    if (unclaimed.size > 0 && this.types.size > 1) {
      remarks.push(
        `${show(unclaimed.keys(), unclaimed.size)} were stored without the name of their class, and several registered classes may own ` +
          'them: the repository of each class finds them until one saves them. Handle each of their events with @On() in one class only',
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
          "if a class was renamed, list its former name in @JournalAggregate(name, { aliases: ['…'] })",
      );
    }
    return remarks;
  }

  /** Bytes of the columns, without the Maps of ids. */
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

  /** Without this check, an undeclared rename of a class would start a second aggregate with the same id. */
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
    // The owners of the events must be read again from the entries, which archiving kept.
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
