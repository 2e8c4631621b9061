import type { IEvent } from '@nestjs/cqrs';
import {
  UnknownEventError,
  eventErrorIn,
  fromCommand,
  type DomainEvent,
  type EventClassRegistry,
} from '../events/index.js';
import { DeserializationError, ReplayGapError, type JournalReader } from '../journal/index.js';
import { adviceOnArchived } from '../journal-kit/index.js';
import { CooperativeYield } from '../common/index.js';

/** A stored event whose name has no registered class. */
export interface UnknownEvent {
  readonly name: string;
  readonly version: number;
  readonly aggregateId: string;
  /** The event as the codec decoded it. */
  readonly data: unknown;
  readonly sequenceNum: bigint;
}

/**
 * What loading an aggregate does with a stored event without a registered class. `throw`: throws an
 * UnknownEventError. `skip`: ignores the event. A function is called; unless it throws, loading continues.
 */
export type UnknownEventPolicy = 'throw' | 'skip' | ((event: UnknownEvent) => void);

/** A stored event for an aggregate to apply, with its sequence. */
export interface LoadedEvent {
  /** The current stored name. */
  readonly name: string;
  readonly sequence: bigint;
  readonly event: IEvent;
}

export interface AggregateHistoryOptions {
  /** @default 'throw' */
  readonly unknownEvents?: UnknownEventPolicy | undefined;
  /** Whether events are also read from archived segments. @default false */
  readonly includeArchived?: boolean | undefined;
}

/** Reads the events of single aggregates, entry by entry, at the sequences that an index lists. */
export class AggregateHistory {
  constructor(
    private readonly journal: JournalReader,
    private readonly events: EventClassRegistry,
    private readonly options: AggregateHistoryOptions = {},
  ) {}

  /**
   * Iterates the events in these entries for which `isOwn` returns true, in slices, as instances of their
   * classes.
   * @throws ReplayGapError (`JOURNAL_REPLAY_GAP`) if an entry is missing
   * @throws UnknownEventError (`JOURNAL_UNKNOWN_EVENT`)
   * @throws EventVersionError (`JOURNAL_EVENT_VERSION`)
   * @throws EventUpcastError (`JOURNAL_EVENT_UPCAST`)
   * @throws EventValidationError (`JOURNAL_EVENT_VALIDATION`)
   * @throws what reading the journal throws
   */
  async *read(
    isOwn: (event: DomainEvent) => boolean,
    sequences: readonly bigint[],
  ): AsyncGenerator<LoadedEvent[], void, undefined> {
    const pause = new CooperativeYield();
    let slice: LoadedEvent[] = [];
    for (const sequence of sequences) {
      slice.push(...this.eventsAt(isOwn, sequence));
      pause.countEntry();
      if (!pause.isDue) continue;
      yield slice;
      slice = [];
      await pause.run();
    }
    if (slice.length > 0) yield slice;
  }

  private eventsAt(isOwn: (event: DomainEvent) => boolean, sequence: bigint): LoadedEvent[] {
    const events: LoadedEvent[] = [];
    for (const stored of this.storedAt(sequence)) {
      if (!isOwn(stored)) continue;
      if (this.events.has(stored.name)) {
        events.push({ name: stored.name, sequence, event: instanceOf(stored, sequence) });
      } else this.handleUnknown(stored, sequence);
    }
    return events;
  }

  private storedAt(sequence: bigint): readonly DomainEvent[] {
    const { firstAvailableSequence: first } = this.journal;
    const includeArchived = this.options.includeArchived === true && first !== null && sequence < first;
    for (const entry of this.journal.readFrom(sequence, { limit: 1, includeArchived })) {
      if (entry.sequenceNum !== sequence) {
        const advice = includeArchived ? undefined : adviceOnArchived(this.journal, sequence);
        throw new ReplayGapError(sequence, entry.sequenceNum, entry.location ?? null, { advice });
      }
      try {
        return fromCommand(entry.event.command) ?? [];
      } catch (error) {
        throw eventErrorIn(error);
      }
    }
    throw new ReplayGapError(sequence, null);
  }

  private handleUnknown({ name, version, aggregateId, data }: DomainEvent, sequenceNum: bigint): void {
    const { unknownEvents = 'throw' } = this.options;
    if (unknownEvents === 'skip') return;
    if (unknownEvents === 'throw') {
      throw new UnknownEventError({ eventName: name, aggregateId, sequence: sequenceNum });
    }
    unknownEvents({ name, version, aggregateId, data, sequenceNum });
  }
}

function instanceOf({ name, data }: DomainEvent, sequence: bigint): IEvent {
  if (typeof data === 'object' && data !== null) return data;
  throw new DeserializationError(`the event ${name} of sequence ${sequence} holds no object`);
}
