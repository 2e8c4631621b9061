import { fromCommand, singleProperty } from '../events/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { JournaledEvent } from './projection.decorator.js';

/** One event of an entry, as handlers with `@OnJournaled()` get it. */
export interface JournaledData {
  readonly name: string;
  readonly data: unknown;
  readonly aggregateId: string | null;
  readonly aggregateType: string | null;
}

const OF_NO_AGGREGATE = { aggregateId: null, aggregateType: null };

/**
 * Returns the events of an entry: the domain events of a save, or the command, named by its tag. A command
 * without a tag (with several properties or none) is not an event.
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
 */
export function eventsIn(entry: JournalEntry): readonly JournaledData[] {
  const { command } = entry.event;
  // The unit variant of an enum: `"CancelAll"`.
  if (typeof command === 'string') return [{ name: command, data: null, ...OF_NO_AGGREGATE }];
  const domainEvents = fromCommand(command);
  if (domainEvents !== null)
    return domainEvents.map(({ name, data, aggregateId, aggregateType }) => ({
      name,
      data,
      aggregateId,
      aggregateType,
    }));
  const tagged = singleProperty(command);
  return tagged === null ? [] : [{ name: tagged.name, data: tagged.value, ...OF_NO_AGGREGATE }];
}

export function isOneOf(event: JournaledData, wanted: readonly JournaledEvent[]): boolean {
  return wanted.some((one) => (typeof one === 'string' ? one === event.name : event.data instanceof one));
}
