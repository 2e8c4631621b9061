import { EventClassRegistry, toCommand, type EventClasses } from '../../events/index.js';
import { SequencerEvent, type JournalEntry, type PayloadCodec } from '../../journal/index.js';
import { StoredEntry } from '../../journal-kit/index.js';
import { withEventClasses } from '../../events/index.js';
import { entryCrc } from '../../in-memory-journal/index.js';

const START_NS = 1_704_067_200_000_000_000n;
const STEP_NS = 1_000_000n;

/**
 * Events of an aggregate that one save of a repository stores in one entry: instances of registered classes.
 * @publicApi
 */
export class SavedEventsOf {
  /** The events, in the order in which they were saved. */
  readonly events: readonly object[];
  constructor(
    /** Id of the aggregate. */
    readonly aggregateId: string,
    events: readonly object[],
    /** Name of the aggregate in `@JournalAggregate()`; null: stored without a name. */
    readonly aggregateType: string | null = null,
  ) {
    this.events = events;
  }
}

/**
 * Makes events that a repository saved together.
 * @param aggregate its id, or its id and its name in `@JournalAggregate()`
 * @publicApi
 */
export function saved(
  aggregate: string | { readonly type: string; readonly id: string },
  ...events: object[]
): SavedEventsOf {
  return typeof aggregate === 'string'
    ? new SavedEventsOf(aggregate, events)
    : new SavedEventsOf(aggregate.id, events, aggregate.type);
}

/**
 * An entry, an event of the Sequencer, a save, or a command whose result is null.
 * @publicApi
 */
export type GivenEntry = JournalEntry | SequencerEvent | SavedEventsOf | object | string;

/** Makes entries like a journal with these event classes. */
export class EntryMaker {
  private readonly registry = new EventClassRegistry();
  private readonly codec: PayloadCodec;
  private lastSequence = -1n;

  constructor({
    codec,
    events = [],
  }: {
    readonly codec: PayloadCodec;
    readonly events: EventClasses | undefined;
  }) {
    this.registry.register(events);
    this.codec = withEventClasses(codec, this.registry);
  }

  /**
   * @throws errors of the codec; InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an event of an
   * unregistered class
   */
  make(given: GivenEntry): JournalEntry {
    if (isEntry(given)) {
      this.lastSequence = given.sequenceNum;
      return given;
    }
    const event = SequencerEvent.isSequencerEvent(given) ? given : this.eventOf(given);
    this.lastSequence = event.sequenceNum;
    const payload = this.codec.encode(event);
    const { sequenceNum, timestampNs } = event;
    const storedCrc = entryCrc(sequenceNum, timestampNs, payload);
    return new StoredEntry(sequenceNum, timestampNs, storedCrc, payload, 'memory', 0, this.codec);
  }

  private eventOf(given: object | string): SequencerEvent {
    const sequenceNum = this.lastSequence + 1n;
    const timestampNs = START_NS + sequenceNum * STEP_NS;
    const command = given instanceof SavedEventsOf ? this.commandOf(given) : given;
    return new SequencerEvent({ sequenceNum, timestampNs, command, result: null });
  }

  private commandOf({ aggregateId, aggregateType, events }: SavedEventsOf): object {
    return toCommand(
      events.map((data) => ({ ...this.definitionOf(data), aggregateId, aggregateType, data })),
    );
  }

  private definitionOf(event: object): { name: string; version: number } {
    const { name, version } = this.registry.definitionOf(event);
    return { name, version };
  }
}

function isEntry(given: GivenEntry): given is JournalEntry {
  return typeof given === 'object' && 'storedCrc' in given && 'payload' in given;
}
