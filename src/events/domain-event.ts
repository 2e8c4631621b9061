/**
 * Domain events as they are stored: externally tagged by their registered name, several of one save in one
 * entry. One that belongs to no aggregate has no id, and while its class has version 1 no envelope either.
 * Entries of the first releases have no aggregateType.
 *
 *     { "OrderPlaced": { "v": 1, "aggregateId": "A-1", "aggregateType": "Order", "data": { … } } }
 *     { "DomainEvents": [ { "OrderPlaced": { … } }, { "OrderFilled": { … } } ] }
 *     { "MarketOpened": { … } }
 *     { "MarketOpened": { "v": 2, "data": { … } } }
 */

/** One event of an aggregate, named and ready to be stored, or as it was stored. */
export interface DomainEvent {
  /** The name its class is registered under. */
  readonly name: string;
  /** Version of the data's layout. */
  readonly version: number;
  readonly aggregateId: string;
  /** The stable name of the aggregate's class; null where the entry does not hold it. */
  readonly aggregateType: string | null;
  readonly data: unknown;
}

/** In this order: the index of aggregates reads it up to the data. */
interface Envelope {
  readonly v: number;
  readonly aggregateId: string;
  readonly aggregateType?: string;
  readonly data: unknown;
}

/** Tag of an entry that holds several events; no event can be registered under this name. */
export const DOMAIN_EVENTS_TAG = 'DomainEvents';

/** The command of the entry that stores `events`. */
export function toCommand(events: readonly DomainEvent[]): Record<string, unknown> {
  const tagged = events.map(tag);
  const [only] = tagged;
  return tagged.length === 1 && only !== undefined ? only : { [DOMAIN_EVENTS_TAG]: tagged };
}

/** The events a command stores; null when it is no such command. */
export function fromCommand(command: unknown): readonly DomainEvent[] | null {
  const several = singleProperty(command);
  if (several?.name !== DOMAIN_EVENTS_TAG) {
    const one = untag(command);
    return one === null ? null : [one];
  }
  if (!Array.isArray(several.value)) return null;
  const events = several.value.map(untag);
  return events.every((event) => event !== null) ? events : null;
}

/** The name and value of an externally tagged command; null for everything else. */
export function singleProperty(command: unknown): { name: string; value: unknown } | null {
  if (typeof command !== 'object' || command === null || Array.isArray(command)) return null;
  const [name, ...others] = Object.keys(command);
  if (name === undefined || others.length > 0) return null;
  return { name, value: (command as Record<string, unknown>)[name] };
}

/** What is stored for an event without an aggregate. */
export function toPublished(version: number, data: unknown): unknown {
  return version === 1 ? data : { v: version, data };
}

/**
 * The reverse. An object with exactly an integer `v` above 1 and `data` is an envelope; everything else is an
 * event of version 1.
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
  if (tagged === null || !isEnvelope(tagged.value)) return null;
  const { v, aggregateId, aggregateType = null, data } = tagged.value;
  return { name: tagged.name, version: v, aggregateId, aggregateType, data };
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const { v, aggregateId, aggregateType } = value as Partial<Envelope>;
  if (!Number.isSafeInteger(v) || typeof aggregateId !== 'string' || !('data' in value)) return false;
  // Nothing else: another command may have these fields, too.
  const fields = Object.keys(value).length;
  return fields === 3 || (fields === 4 && typeof aggregateType === 'string');
}
