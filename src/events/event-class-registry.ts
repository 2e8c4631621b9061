import type { Type } from '@nestjs/common';
import {
  DeserializationError,
  InvalidArgumentError,
  InvalidOptionError,
  SerializationError,
  messageOf,
} from '../journal/index.js';
import { rejectUnknownOptions } from '../common/index.js';
import { certainCopyOf, certainlyRoundTrips, toInstance, toPlain } from '../serialization/classes/index.js';
import { DOMAIN_EVENTS_TAG } from './envelope/index.js';
import type { StoredEventPlace } from './domain-event.errors.js';
import {
  assertSynchronous,
  isEventValidation,
  loadClassValidator,
  validateData,
  validateInstance,
  type ClassValidator,
} from './event-validation.js';
import { getJournalEvent, type JournalEventDefinition } from './journal-event.decorator.js';
import { assertCompleteChain, upcast } from './upcasters.js';

/** An event class without `@JournalEvent()`. It has version 1 and no aliases. */
export interface EventDefinition {
  readonly event: Type;
  /** The name that events are stored under. It must never change; the class may. */
  readonly name: string;
}

/**
 * Event classes with `@JournalEvent()`, and other classes with the names that their events are stored under.
 */
export type EventClasses = readonly (Type | EventDefinition)[];

interface RegisteredEvent extends JournalEventDefinition {
  readonly type: Type;
}

/** A stored event in the current version of its class. */
interface ReadEvent {
  /** The name that a new event of this class is stored under. */
  readonly name: string;
  readonly version: number;
  /** An instance of the class. */
  readonly data: unknown;
}

/** Maps the stored names of one journal to event classes, and converts events to instances and back. */
export class EventClassRegistry {
  /** Registered classes by name and by alias. */
  private readonly byName = new Map<string, RegisteredEvent>();
  private readonly byClass = new Map<unknown, RegisteredEvent>();
  private classValidator: ClassValidator | null = null;
  private isValidating = true;

  /**
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the entry, and both classes if two claim one
   * name
   */
  register(events: EventClasses): void {
    if (!Array.isArray(events))
      throw new InvalidOptionError('events', events, 'a list of classes, such as [OrderPlaced]');
    for (const [index, entry] of events.entries()) {
      const option = `events[${index}]`;
      if (isDefinition(entry)) this.registerNamed(option, entry);
      else this.registerDecorated(option, entry);
    }
  }

  /** The name of the first class that is not registered; null if all are. */
  firstUnknown(events: EventClasses): string | null {
    const types = events.map((entry) => (isDefinition(entry) ? entry.event : entry));
    return types.find((type) => !this.byClass.has(type))?.name ?? null;
  }

  /**
   * Prepares reading. The caller has registered all classes before.
   * @throws (rejects) MissingPeerError (`JOURNAL_MISSING_PEER`)
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`) for asynchronous constraints
   */
  async prepare(options: { readonly validate: boolean }): Promise<void> {
    this.isValidating = options.validate;
    if (!options.validate) return;
    for (const { name, type, validation } of this.byClass.values()) {
      if (validation !== 'class-validator') continue;
      this.classValidator ??= await loadClassValidator(`event ${name}`);
      assertSynchronous(type, this.classValidator);
    }
  }

  /** The registered classes. */
  types(): IterableIterator<Type> {
    return [...this.byClass.values()].map(({ type }) => type).values();
  }

  get isEmpty(): boolean {
    return this.byName.size === 0;
  }

  /** Whether a registered class has this name or alias. */
  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** Every registered name and alias, with its class and the name of the new events of that class. */
  *names(): IterableIterator<{ readonly stored: string; readonly name: string; readonly type: Type }> {
    for (const [stored, { name, type }] of this.byName) yield { stored, name, type };
  }

  /** Whether reading a stored event of this name validates it. */
  isValidated(name: string): boolean {
    return this.isValidating && (this.byName.get(name)?.validation ?? null) !== null;
  }

  /**
   * Returns the name and version that an event is stored under.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an event whose class is not registered
   */
  definitionOf(event: object): Pick<JournalEventDefinition, 'name' | 'version'> {
    // The event's own property `constructor` may be data, so it is not used.
    const type = (Object.getPrototypeOf(event) as { constructor?: { name?: string } } | null)?.constructor;
    const registered = this.byClass.get(type);
    if (registered !== undefined) return registered;
    const className = type?.name ?? 'Object';
    throw new InvalidArgumentError(
      `event ${className}`,
      event,
      `of a registered class: FileJournalModule.forFeature({ events: [${className}] })`,
    );
  }

  /** Returns the version that new events of a registered name are written in. */
  versionOf(name: string): number {
    return this.byName.get(name)?.version ?? 1;
  }

  /**
   * Upcasts a stored event to the current version and converts it to an instance of its class. Returns null
   * if no class is registered.
   * @throws EventVersionError (`JOURNAL_EVENT_VERSION`)
   * @throws EventUpcastError (`JOURNAL_EVENT_UPCAST`)
   * @throws EventValidationError (`JOURNAL_EVENT_VALIDATION`)
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
   */
  read(storedVersion: number, data: unknown, place: StoredEventPlace): ReadEvent | null {
    const registered = this.byName.get(place.eventName);
    if (registered === undefined) return null;
    const { name, version, upcasters, validation, type } = registered;
    // The application created this instance; it was not read from storage.
    if (data instanceof type) return { name, version, data };
    let plain = upcast(data, storedVersion, version, upcasters, place);
    if (this.isValidating && validation !== null && validation !== 'class-validator') {
      plain = validateData(plain, validation, place);
    }
    const instance = asInstance(type, plain, place);
    if (this.classValidator !== null && validation === 'class-validator' && instance instanceof type) {
      validateInstance(instance, this.classValidator, place);
    }
    return { name, version, data: instance };
  }

  /** Whether a value is an instance of the class that is registered for a name. */
  isInstance(name: string, content: unknown): content is object {
    const type = this.byName.get(name)?.type;
    return type !== undefined && content instanceof type;
  }

  /**
   * Whether an event certainly survives a round trip: `toPlain` made `plain` of it, and plain JSON stores
   * `plain`. Plain content from the application is stored unchanged.
   */
  certainlyRoundTrips(name: string, content: unknown, plain: unknown): boolean {
    if (this.isValidated(name)) return false;
    const type = this.byName.get(name)?.type;
    return type === undefined || !(content instanceof type) || certainlyRoundTrips(content, plain, type);
  }

  /**
   * Converts an instance to plain data that plain JSON certainly preserves, in one pass. Null for any other
   * value, and if only {@link toPlain} and {@link certainlyRoundTrips} can decide.
   */
  certainCopyOf(name: string, content: unknown): Record<string, unknown> | null {
    const registered = this.byName.get(name);
    if (registered === undefined || !(content instanceof registered.type)) return null;
    // Reading a stored event may reject it or change it.
    if (this.isValidating && registered.validation !== null) return null;
    return certainCopyOf(content as object, registered.type);
  }

  /**
   * Converts an instance with class-transformer; returns any other value unchanged.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  toPlain(name: string, content: unknown): unknown {
    const type = this.byName.get(name)?.type;
    if (type === undefined || !(content instanceof type)) return content;
    try {
      return toPlain(content as object);
    } catch (cause) {
      throw new SerializationError(
        `a ${type.name} cannot be written: ${messageOf(cause)}`,
        `command.${name}`,
        { cause },
      );
    }
  }

  private registerDecorated(option: string, type: Type): void {
    if (typeof type !== 'function')
      throw new InvalidOptionError(option, type, 'a class, or { event: class, name }');
    const definition = getJournalEvent(type);
    if (definition === undefined) {
      throw new InvalidOptionError(
        option,
        type.name,
        `a class with @JournalEvent(), or { event: ${type.name}, name: '…' }`,
      );
    }
    this.add({ ...definition, type });
  }

  private registerNamed(option: string, definition: EventDefinition): void {
    const { event: type, name } = definition;
    rejectUnknownOptions(definition, ['event', 'name'], `${option}.`);
    if (typeof type !== 'function') throw new InvalidOptionError(`${option}.event`, type, 'a class');
    const decorated = getJournalEvent(type);
    if (decorated !== undefined && decorated.name !== name) {
      throw new InvalidOptionError(
        `${option}.name`,
        name,
        `${decorated.name}, the name that @JournalEvent() gives to ${type.name}`,
      );
    }
    const undecorated = { name, version: 1, aliases: [], upcasters: {}, validation: null };
    this.add({ ...(decorated ?? undecorated), type });
  }

  private add(event: RegisteredEvent): void {
    const { name, type, aliases, version, upcasters, validation } = event;
    const known = this.byClass.get(type);
    if (known !== undefined && known.name === name) return;
    if (known !== undefined) {
      throw new InvalidOptionError(
        `events.${name}`,
        type.name,
        `registered once; ${type.name} is stored as ${known.name} already`,
      );
    }
    assertCompleteChain(name, version, upcasters);
    if (validation !== null && !isEventValidation(validation)) {
      throw new InvalidOptionError(
        `validation of event ${name}`,
        validation,
        "a Standard Schema, or 'class-validator'",
      );
    }
    for (const storedName of new Set([name, ...aliases])) this.claim(storedName, event);
    this.byClass.set(type, event);
  }

  private claim(storedName: string, event: RegisteredEvent): void {
    const isPossible =
      typeof storedName === 'string' && storedName !== '' && storedName !== DOMAIN_EVENTS_TAG;
    if (!isPossible) {
      throw new InvalidOptionError(
        `events.${storedName}`,
        event.type.name,
        'registered under a non-empty name other than DomainEvents',
      );
    }
    const owner = this.byName.get(storedName);
    if (owner !== undefined) {
      throw new InvalidOptionError(
        `events.${storedName}`,
        event.type.name,
        `the name or alias of one class; ${owner.type.name} and ${event.type.name} both have it`,
      );
    }
    this.byName.set(storedName, event);
  }
}

function asInstance(type: Type, data: unknown, place: StoredEventPlace): unknown {
  if (typeof data !== 'object' || data === null) return data;
  try {
    return toInstance(type, data);
  } catch (cause) {
    throw new DeserializationError(
      `command.${place.eventName}: cannot create an instance of ${type.name}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function isDefinition(entry: Type | EventDefinition): entry is EventDefinition {
  return typeof entry === 'object' && entry !== null;
}
