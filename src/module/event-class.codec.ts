import {
  SequencerEvent,
  rememberStoredPayload,
  storedPayloadOf,
  type PayloadCodec,
} from '../journal/index.js';
import { unchangedPayload } from '../serialization/stored-payload.js';
import {
  DOMAIN_EVENTS_TAG,
  fromCommand,
  singleProperty,
  toCommand,
  type EventClassRegistry,
} from '../cqrs/index.js';

/**
 * A codec that gives back instances where a class is registered for the command's tag, `{ OrderPlaced: OrderPlacedDto }`, and
 * for the domain events of repositories in their `data`. Instances are written through class-transformer; an event
 * that was decoded and not changed keeps its bytes.
 *
 * What `withInstances` of the serialization does, for a registry, and with an eye for the envelope of domain events.
 */
export function withEventClasses(codec: PayloadCodec, events: EventClassRegistry): PayloadCodec {
  const { commandAsStored } = codec;
  const withClasses: PayloadCodec = {
    encode(event) {
      const unchanged = unchangedPayload(event, withClasses.decode);
      if (unchanged !== null) return unchanged;
      const { sequenceNum, timestampNs, result } = event;
      const command = convert(event.command, events, events.toPlain.bind(events));
      return codec.encode(new SequencerEvent({ sequenceNum, timestampNs, command, result }));
    },
    decode(payload, sequenceNum, timestampNs) {
      const event = codec.decode(payload, sequenceNum, timestampNs);
      const command = convert(event.command, events, events.toInstance.bind(events));
      if (command === event.command) return event;
      const decoded = new SequencerEvent({ sequenceNum, timestampNs, command, result: event.result });
      rememberStoredPayload(decoded, storedPayloadOf(event) ?? payload);
      return decoded;
    },
  };
  if (commandAsStored !== undefined) {
    withClasses.commandAsStored = (command) => {
      const plain = convert(command, events, events.toPlain.bind(events));
      return convert(commandAsStored.call(codec, plain), events, events.toInstance.bind(events));
    };
  }
  return withClasses;
}

type Conversion = (name: string, content: unknown) => unknown;

/** The command with the content of its registered events converted; the very same command where there is none. */
function convert(command: unknown, events: EventClassRegistry, conversion: Conversion): unknown {
  const tagged = singleProperty(command);
  if (tagged === null || (tagged.name !== DOMAIN_EVENTS_TAG && !events.has(tagged.name))) return command;
  const domainEvents = fromCommand(command);
  if (domainEvents === null) return { [tagged.name]: conversion(tagged.name, tagged.value) };
  return toCommand(domainEvents.map((event) => ({ ...event, data: conversion(event.name, event.data) })));
}
