/**
 * The stored form of domain events. Each event is tagged with its registered name, and one entry holds all
 * events of one save. An event that belongs to no aggregate has no id, and no envelope while its class has
 * version 1. Entries of the first releases have no aggregateType.
 *     { "OrderPlaced": { "v": 1, "aggregateId": "A-1", "aggregateType": "Order", "data": { … } } }
 *     { "DomainEvents": [ { "OrderPlaced": { … } }, { "OrderFilled": { … } } ] }
 *     { "MarketOpened": { … } }
 *     { "MarketOpened": { "v": 2, "data": { … } } }
 */

import { onlyKeyOf } from '../../common/index.js';

/** One named event, ready to be stored or as stored. It usually belongs to an aggregate. */
export interface DomainEvent {
  /** The name that its class is registered under. */
  readonly name: string;
  /** Version of the data's layout. */
  readonly version: number;
  readonly aggregateId: string;
  /** The stable name of the aggregate's class; null if the entry does not hold it. */
  readonly aggregateType: string | null;
  readonly data: unknown;
}

/** The order of the fields matters: the index of aggregates reads an envelope up to the data. */
export interface Envelope {
  readonly v: number;
  readonly aggregateId: string;
  readonly aggregateType?: string;
  readonly data: unknown;
}

/** Name and value of the only property of a command. */
interface Tagged {
  readonly name: string;
  readonly value: unknown;
}

/** Tag of an entry that holds several events; no event can be registered under this name. */
export const DOMAIN_EVENTS_TAG = 'DomainEvents';

/** Returns the command of the entry that stores `events`. */
export function toCommand(events: readonly DomainEvent[]): Record<string, unknown> {
  const [only] = events;
  return events.length === 1 && only !== undefined ? tag(only) : { [DOMAIN_EVENTS_TAG]: events.map(tag) };
}

/** Returns the events that a command stores; null for any other command. */
export function fromCommand(command: unknown): readonly DomainEvent[] | null {
  const tagged = singleProperty(command);
  if (tagged === null) return null;
  if (tagged.name !== DOMAIN_EVENTS_TAG) {
    const one = untagged(tagged);
    return one === null ? null : [one];
  }
  if (!Array.isArray(tagged.value)) return null;
  const events = tagged.value.map(untag);
  return events.every((event) => event !== null) ? events : null;
}

/** Whether {@link fromCommand} returns events. Every executed command is asked, so it makes no objects. */
export function holdsDomainEvents(command: unknown): boolean {
  if (typeof command !== 'object' || command === null || Array.isArray(command)) return false;
  const name = onlyKeyOf(command);
  if (name === null) return false;
  return name === DOMAIN_EVENTS_TAG
    ? fromCommand(command) !== null
    : isEnvelope((command as Record<string, unknown>)[name]);
}

/** Returns the name and value of an externally tagged command; null for any other value. */
export function singleProperty(command: unknown): Tagged | null {
  if (typeof command !== 'object' || command === null || Array.isArray(command)) return null;
  const name = onlyKeyOf(command);
  return name === null ? null : { name, value: (command as Record<string, unknown>)[name] };
}

/** Returns the stored form of an event without an aggregate. */
export function toPublished(version: number, data: unknown): unknown {
  return version === 1 ? data : { v: version, data };
}

/**
 * Reverses {@link toPublished}. An object with exactly two fields, an integer `v` above 1 and `data`, is an
 * envelope. Any other value is an event of version 1.
 */
export function fromPublished(content: unknown): { readonly version: number; readonly data: unknown } {
  if (typeof content !== 'object' || content === null || Object.keys(content).length !== 2) {
    return { version: 1, data: content };
  }
  const { v, data } = content as { readonly v?: unknown; readonly data?: unknown };
  if (!Number.isSafeInteger(v) || (v as number) < 2 || !('data' in content))
    return { version: 1, data: content };
  return { version: v as number, data };
}

function tag({ name, version, aggregateId, aggregateType, data }: DomainEvent): Record<string, unknown> {
  const envelope: Envelope =
    aggregateType === null
      ? { v: version, aggregateId, data }
      : { v: version, aggregateId, aggregateType, data };
  return { [name]: envelope };
}

function untag(command: unknown): DomainEvent | null {
  const tagged = singleProperty(command);
  // No event has this name: written back alone, it would be a list that is none.
  return tagged === null || tagged.name === DOMAIN_EVENTS_TAG ? null : untagged(tagged);
}

function untagged({ name, value }: Tagged): DomainEvent | null {
  if (!isEnvelope(value)) return null;
  const { v, aggregateId, aggregateType = null, data } = value;
  return { name, version: v, aggregateId, aggregateType, data };
}

/** Whether a value is the envelope around an event of an aggregate. */
export function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const { v } = value as Partial<Envelope>;
  // The content of most commands has no version, and a missing property is expensive to look for.
  if (!Number.isSafeInteger(v)) return false;
  const { aggregateId, aggregateType } = value as Partial<Envelope>;
  if (typeof aggregateId !== 'string' || !('data' in value)) return false;
  // No other fields are allowed: another command may have these fields, too.
  let fields = 0;
  for (const name in value) if (Object.hasOwn(value, name)) fields += 1;
  return fields === 3 || (fields === 4 && typeof aggregateType === 'string');
}
