import {
  JournalError,
  SequencerEvent,
  SerializationError,
  messageOf,
  rememberStoredPayload,
  storedPayloadOf,
  type PayloadCodec,
} from '../journal/index.js';
import { copyInto } from '../serialization/index.js';
import { isJsonCodec } from '../serialization/index.js';
import { pathOf } from '../serialization/index.js';
import { differenceOf } from '../serialization/classes/index.js';
import { unchangedPayload } from '../serialization/index.js';
import {
  DOMAIN_EVENTS_TAG,
  fromCommand,
  fromPublished,
  isEnvelope,
  singleProperty,
  toCommand,
  toPublished,
  type DomainEvent,
} from './envelope/index.js';
import { type EventClassRegistry } from './event-class-registry.js';

/**
 * Wraps a codec so that it decodes commands with a registered tag, `{ OrderPlaced: OrderPlacedDto }`, to
 * instances. It does the same for the `data` of the domain events of repositories. Decoded events have the
 * current name and version, whatever name and version they are stored under. Class-transformer writes the
 * instances. An event that was decoded and not changed encodes to the same bytes.
 *
 * The codec stores an instance only if reading it back gives an equal one: after a restart, the application
 * sees the same state as before. Otherwise encoding fails with a SerializationError. Plain content of a
 * registered name is stored as given.
 */
export function withEventClasses(codec: PayloadCodec, events: EventClassRegistry): PayloadCodec {
  const { encodeInto, commandAsStored, toPlain, storesCommandIds = false } = codec;
  const isPlainJson = isJsonCodec(codec);
  const plainEvent = (event: SequencerEvent, command: unknown): SequencerEvent => {
    const { sequenceNum, timestampNs, result, commandId } = event;
    return new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
  };
  /** Rejects an event that a reload would change, before it is stored. */
  const assertComesBack = (command: unknown, written: Written, reload: () => unknown): void => {
    if (written.isCertain && (isPlainJson || taggedEvent(command, events) === null)) return;
    assertSameInstances(command, readBack(command, reload), events);
  };
  const reloadCommand = (event: SequencerEvent, { command }: Written, payload: Uint8Array): unknown =>
    commandAsStored === undefined
      ? withClasses.decode(payload, event.sequenceNum, event.timestampNs).command
      : read(commandAsStored.call(codec, command), events, event.sequenceNum);
  /**
   * The command that `toPlain` returned last, if it is known to survive a reload. The event of a commit is
   * encoded in the same tick, so one command is enough.
   */
  let checked: unknown = null;
  /**
   * Whether the command of an event is plain and checked. True at most once per command, because its owner
   * may change it afterwards.
   */
  const isChecked = ({ command }: SequencerEvent): boolean => {
    const isSame = checked !== null && command === checked;
    checked = null;
    return isSame;
  };
  const withClasses: PayloadCodec = {
    storesCommandIds,
    encode(event) {
      const unchanged = unchangedPayload(event, withClasses.decode);
      if (unchanged !== null) return unchanged;
      if (isChecked(event)) return codec.encode(event);
      const written = write(event.command, events);
      const payload = codec.encode(plainEvent(event, written.command));
      assertComesBack(event.command, written, () => reloadCommand(event, written, payload));
      return payload;
    },
    decode(payload, sequenceNum, timestampNs) {
      const event = codec.decode(payload, sequenceNum, timestampNs);
      const command = read(event.command, events, sequenceNum);
      if (command === event.command) return event;
      const decoded = plainEvent(event, command);
      rememberStoredPayload(decoded, storedPayloadOf(event) ?? payload);
      return decoded;
    },
  };
  if (encodeInto !== undefined) {
    withClasses.encodeInto = (event, target, offset) => {
      const unchanged = unchangedPayload(event, withClasses.decode);
      if (unchanged !== null) return copyInto(unchanged, target, offset);
      if (isChecked(event)) return encodeInto.call(codec, event, target, offset);
      const written = write(event.command, events);
      const length = encodeInto.call(codec, plainEvent(event, written.command), target, offset);
      if (length < 0) return length;
      // A view is enough: the decoded value is discarded before `target` is written again.
      const payload = target.subarray(offset, offset + length);
      assertComesBack(event.command, written, () => reloadCommand(event, written, payload));
      return length;
    };
  }
  if (commandAsStored === undefined) return withClasses;
  withClasses.commandAsStored = (command, isPlain = false) =>
    read(
      commandAsStored.call(codec, isPlain ? command : write(command, events).command, isPlain),
      events,
      0n,
    );
  if (toPlain === undefined) return withClasses;
  withClasses.toPlain = (value, part, isInUse = false) => {
    if (part === 'result') return toPlain.call(codec, value, part);
    const written = write(value, events);
    if (written.isCopy && isPlainJson) return (checked = written.command);
    const plain = toPlain.call(codec, written.command, part);
    checked = null;
    // The aggregate of a Sequencer executes the command that is read back, not the given one.
    if (!isInUse) return plain;
    assertComesBack(value, written, () => read(commandAsStored.call(codec, plain, true), events, 0n));
    return (checked = plain);
  };
  withClasses.fromPlain = (plain, part) => {
    const value = codec.fromPlain?.(plain, part) ?? plain;
    return part === 'command' ? read(value, events, 0n) : value;
  };
  return withClasses;
}

interface TaggedValue {
  readonly name: string;
  readonly value: unknown;
}

type TaggedCopy = Record<string, unknown>;

/** Returns the command with instances of its registered events; the same object if it has none. */
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

interface Written {
  /** The command with the plain content that class-transformer makes. */
  readonly command: unknown;
  /** Whether plain JSON certainly preserves its events. */
  readonly isCertain: boolean;
  /** Whether the command is a new object of values that plain JSON stores as they are. */
  readonly isCopy: boolean;
}

/** Reverses {@link read}. */
function write(command: unknown, events: EventClassRegistry): Written {
  const tagged = taggedEvent(command, events);
  if (tagged === null) return { command, isCertain: true, isCopy: false };
  const copy = certainCopyOf(tagged, events);
  if (copy !== null) return { command: copy, isCertain: true, isCopy: true };
  const { name, value } = tagged;
  if (name === DOMAIN_EVENTS_TAG || !events.isInstance(name, value)) {
    const domainEvents = fromCommand(command);
    // Other plain content is the application's responsibility.
    if (domainEvents === null)
      return { command: { [name]: value }, isCertain: !events.isValidated(name), isCopy: false };
    return writeDomainEvents(domainEvents, events);
  }
  const plain = events.toPlain(name, value);
  const published = toPublished(events.versionOf(name), plain);
  assertReadAsWritten(name, events.versionOf(name), published);
  const isCertain = events.certainlyRoundTrips(name, value, plain);
  return { command: { [name]: published }, isCertain, isCopy: false };
}

function writeDomainEvents(domainEvents: readonly DomainEvent[], events: EventClassRegistry): Written {
  let isCertain = true;
  const written = domainEvents.map((event) => {
    const data = events.toPlain(event.name, event.data);
    isCertain &&= events.certainlyRoundTrips(event.name, event.data, data);
    return { ...event, data };
  });
  return { command: toCommand(written), isCertain, isCopy: false };
}

/**
 * The fast path of {@link write}: one pass, without a check afterwards, for the events of aggregates whose
 * classes have only simple fields. Null for all others.
 */
function certainCopyOf({ name, value }: TaggedValue, events: EventClassRegistry): TaggedCopy | null {
  if (name !== DOMAIN_EVENTS_TAG) return copyOfOne(name, value, events);
  if (!Array.isArray(value)) return null;
  const copies: TaggedCopy[] = [];
  for (const item of value as unknown[]) {
    const tagged = singleProperty(item);
    const copy = tagged === null ? null : copyOfOne(tagged.name, tagged.value, events);
    if (copy === null) return null;
    copies.push(copy);
  }
  return { [DOMAIN_EVENTS_TAG]: copies };
}

function copyOfOne(name: string, value: unknown, events: EventClassRegistry): TaggedCopy | null {
  if (events.isInstance(name, value) || !isEnvelope(value)) return null;
  const { v, aggregateId, aggregateType, data: content } = value;
  if (!name.isWellFormed() || !aggregateId.isWellFormed() || aggregateType?.isWellFormed() === false)
    return null;
  const data = events.certainCopyOf(name, content);
  if (data === null) return null;
  return {
    [name]: aggregateType === undefined ? { v, aggregateId, data } : { v, aggregateId, aggregateType, data },
  };
}

/**
 * Rejects an event of version 1 whose fields are those of an envelope. Such an event is stored without one
 * and would be misread.
 */
function assertReadAsWritten(name: string, version: number, published: unknown): void {
  if (fromPublished(published).version === version && fromCommand({ [name]: published }) === null) return;
  throw new SerializationError(
    "its fields are those of the envelope around an event ('v', 'data', 'aggregateId', 'aggregateType'); give one of them another name",
    `command.${name}`,
  );
}

function taggedEvent(command: unknown, events: EventClassRegistry): TaggedValue | null {
  const tagged = singleProperty(command);
  return tagged !== null && (tagged.name === DOMAIN_EVENTS_TAG || events.has(tagged.name)) ? tagged : null;
}

/** Returns the registered events of a command, with their names. */
function eventsIn(
  command: unknown,
  events: EventClassRegistry,
): readonly { readonly name: string; readonly data: unknown }[] {
  const tagged = taggedEvent(command, events);
  if (tagged === null) return [];
  return fromCommand(command) ?? [{ name: tagged.name, data: tagged.value }];
}

/** @throws SerializationError (`JOURNAL_SERIALIZATION`) that names the event, the field and the reason */
function assertSameInstances(command: unknown, reloaded: unknown, events: EventClassRegistry): void {
  const found = eventsIn(reloaded, events);
  for (const [index, { name, data }] of eventsIn(command, events).entries()) {
    if (!events.isInstance(name, data)) continue;
    const difference = differenceOf(data, found[index]?.data);
    if (difference === null) continue;
    const path = pathOf([...trailTo(command, index, name), ...difference.trail]);
    throw new SerializationError(difference.reason, path);
  }
}

/** Returns the path to the data of the event at `index` of a command. */
function trailTo(command: unknown, index: number, name: string): (string | number)[] {
  if (fromCommand(command) === null) return ['command', name];
  const isOne = singleProperty(command)?.name !== DOMAIN_EVENTS_TAG;
  return ['command', ...(isOne ? [] : [DOMAIN_EVENTS_TAG, index]), name, 'data'];
}

/**
 * Returns the result of `read`. Its errors become errors of a write that has not begun.
 * @throws SerializationError (`JOURNAL_SERIALIZATION`) if no instance of an event can be made
 * @throws EventValidationError (`JOURNAL_EVENT_VALIDATION`)
 */
function readBack(command: unknown, read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    if (JournalError.isJournalError(cause) && cause.code !== 'JOURNAL_DESERIALIZATION') {
      cause.outcome = 'not-written';
      throw cause;
    }
    const path = `command.${singleProperty(command)?.name ?? ''}`;
    throw new SerializationError(`it could not be read again: ${messageOf(cause)}`, path, { cause });
  }
}
