import {
  JournalError,
  SequencerEvent,
  SerializationError,
  rememberStoredPayload,
  storedPayloadOf,
  type PayloadCodec,
} from '../journal/index.js';
import { copyInto } from '../serialization/encode-into.js';
import { unchangedPayload } from '../serialization/stored-payload.js';
import {
  DOMAIN_EVENTS_TAG,
  fromCommand,
  fromPublished,
  singleProperty,
  toCommand,
  toPublished,
  type EventClassRegistry,
} from '../domain-events/index.js';

/**
 * A codec that gives back instances where a class is registered for the command's tag, `{ OrderPlaced: OrderPlacedDto }`, and
 * for the domain events of repositories in their `data`: under the name and in the version of today, whatever they are stored as.
 * Instances are written through class-transformer; an event that was decoded and not changed keeps its bytes.
 *
 * What `withInstances` of the serialization does, for a registry, and with an eye for the envelope of domain events.
 */
export function withEventClasses(codec: PayloadCodec, events: EventClassRegistry): PayloadCodec {
  const { encodeInto, commandAsStored, toPlain, storesCommandIds = false } = codec;
  const plainEvent = (event: SequencerEvent): SequencerEvent => {
    const { sequenceNum, timestampNs, result, commandId } = event;
    const command = write(event.command, events);
    return new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
  };
  /** What is refused when it is read must not be stored in the first place. */
  const assertReadable = (event: SequencerEvent, payload: Uint8Array): void => {
    if (!hasValidated(event.command, events)) return;
    notWritten(() => withClasses.decode(payload, event.sequenceNum, event.timestampNs));
  };
  const withClasses: PayloadCodec = {
    storesCommandIds,
    encode(event) {
      const unchanged = unchangedPayload(event, withClasses.decode);
      if (unchanged !== null) return unchanged;
      const payload = codec.encode(plainEvent(event));
      assertReadable(event, payload);
      return payload;
    },
    decode(payload, sequenceNum, timestampNs) {
      const event = codec.decode(payload, sequenceNum, timestampNs);
      const command = read(event.command, events, sequenceNum);
      if (command === event.command) return event;
      const { result, commandId } = event;
      const decoded = new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
      rememberStoredPayload(decoded, storedPayloadOf(event) ?? payload);
      return decoded;
    },
  };
  if (encodeInto !== undefined) {
    withClasses.encodeInto = (event, target, offset) => {
      const unchanged = unchangedPayload(event, withClasses.decode);
      if (unchanged !== null) return copyInto(unchanged, target, offset);
      const length = encodeInto.call(codec, plainEvent(event), target, offset);
      // A view will do: what is decoded here is thrown away, before anybody writes to `target` again.
      if (length >= 0) assertReadable(event, target.subarray(offset, offset + length));
      return length;
    };
  }
  if (commandAsStored !== undefined) {
    withClasses.commandAsStored = (command) =>
      read(commandAsStored.call(codec, write(command, events)), events, 0n);
  }
  if (toPlain !== undefined) {
    withClasses.toPlain = (value, part) =>
      toPlain.call(codec, part === 'command' ? write(value, events) : value, part);
    withClasses.fromPlain = (plain, part) => {
      const value = codec.fromPlain?.(plain, part) ?? plain;
      return part === 'command' ? read(value, events, 0n) : value;
    };
  }
  return withClasses;
}

/** The command with instances of its registered events; the very same command where there is none. */
function read(command: unknown, events: EventClassRegistry, sequence: bigint): unknown {
  const tagged = taggedEvent(command, events);
  if (tagged === null) return command;
  const domainEvents = fromCommand(command);
  if (domainEvents === null) {
    const { version, data } = fromPublished(tagged.value);
    const event = events.read(version, data, { eventName: tagged.name, aggregateId: null, sequence });
    return event === null ? command : { [event.name]: event.data };
  }
  return toCommand(
    domainEvents.map((stored) => {
      const { name: eventName, version, aggregateId, aggregateType, data } = stored;
      const event = events.read(version, data, { eventName, aggregateId, sequence });
      return event === null ? stored : { ...event, aggregateId, aggregateType };
    }),
  );
}

/** The reverse: plain content, as class-transformer makes it. */
function write(command: unknown, events: EventClassRegistry): unknown {
  const tagged = taggedEvent(command, events);
  if (tagged === null) return command;
  const { name, value } = tagged;
  const plain = name === DOMAIN_EVENTS_TAG ? value : events.toPlain(name, value);
  if (plain === value) {
    const domainEvents = fromCommand(command);
    // Other plain content was given by somebody who knows what is stored.
    if (domainEvents === null) return { [name]: value };
    return toCommand(
      domainEvents.map((event) => ({ ...event, data: events.toPlain(event.name, event.data) })),
    );
  }
  const published = toPublished(events.versionOf(name), plain);
  assertReadAsWritten(name, events.versionOf(name), published);
  return { [name]: published };
}

/** An event of version 1 is stored as it is; one whose fields are those of an envelope would be read as something else. */
function assertReadAsWritten(name: string, version: number, published: unknown): void {
  if (fromPublished(published).version === version && fromCommand({ [name]: published }) === null) return;
  throw new SerializationError(
    "its fields are those of the envelope around an event ('v', 'data', 'aggregateId', 'aggregateType'); give one of them another name",
    `command.${name}`,
  );
}

function taggedEvent(command: unknown, events: EventClassRegistry): { name: string; value: unknown } | null {
  const tagged = singleProperty(command);
  return tagged !== null && (tagged.name === DOMAIN_EVENTS_TAG || events.has(tagged.name)) ? tagged : null;
}

function hasValidated(command: unknown, events: EventClassRegistry): boolean {
  const tagged = taggedEvent(command, events);
  if (tagged === null) return false;
  const names = fromCommand(command)?.map(({ name }) => name) ?? [tagged.name];
  return names.some((name) => events.isValidated(name));
}

/** What `decode` throws, marked as thrown before anything was written. */
function notWritten(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (error instanceof JournalError) error.outcome = 'not-written';
    throw error;
  }
}
