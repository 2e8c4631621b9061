import type { Type } from '@nestjs/common';
import { instanceToPlain, plainToInstance } from 'class-transformer';
import {
  DeserializationError,
  InvalidArgumentError,
  InvalidOptionError,
  SerializationError,
} from '../journal/index.js';
import { DOMAIN_EVENTS_TAG } from './domain-event.js';

/**
 * Event classes by the stable names they are stored under. The name is the application's choice and must never change;
 * the class may.
 */
export type EventClasses = Readonly<Record<string, Type>>;

/** Which class belongs to which stored name, for one journal. */
export class EventClassRegistry {
  private readonly classes = new Map<string, Type>();
  private readonly names = new Map<unknown, string>();

  /** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming `events.…` */
  register(events: EventClasses): void {
    for (const [name, type] of Object.entries(events)) {
      if (typeof type !== 'function') throw new InvalidOptionError(`events.${name}`, type, 'a class');
      if (name === '' || name === DOMAIN_EVENTS_TAG) {
        throw new InvalidOptionError(`events.${name}`, type, `registered under another name`);
      }
      const known = this.classes.get(name);
      if (known !== undefined && known !== type) {
        throw new InvalidOptionError(
          `events.${name}`,
          type,
          `registered once; ${known.name} has this name already`,
        );
      }
      const otherName = this.names.get(type);
      if (otherName !== undefined && otherName !== name) {
        throw new InvalidOptionError(
          `events.${name}`,
          type,
          `registered once; it is stored as ${otherName} already`,
        );
      }
      this.classes.set(name, type);
      this.names.set(type, name);
    }
  }

  get isEmpty(): boolean {
    return this.classes.size === 0;
  }

  has(name: string): boolean {
    return this.classes.has(name);
  }

  /** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an event whose class is not registered */
  nameOf(event: object): string {
    const name = this.names.get(event.constructor);
    if (name !== undefined) return name;
    const className = event.constructor?.name ?? 'Object';
    throw new InvalidArgumentError(
      `event ${className}`,
      event,
      `of a registered class: FileJournalModule.forFeature({ events: { ${className}: ${className} } })`,
    );
  }

  /**
   * Content of a stored event as an instance of its class; as it is where none is registered, or where it is one already.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
   */
  toInstance(name: string, content: unknown): unknown {
    const type = this.classes.get(name);
    if (type === undefined || typeof content !== 'object' || content === null || content instanceof type)
      return content;
    try {
      return plainToInstance(type, content);
    } catch (cause) {
      throw new DeserializationError(
        `command.${name}: no ${type.name} can be made of it: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  }

  /**
   * The reverse: what class-transformer makes of an instance; everything else as it is.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  toPlain(name: string, content: unknown): unknown {
    const type = this.classes.get(name);
    if (type === undefined || !(content instanceof type)) return content;
    try {
      return instanceToPlain(content);
    } catch (cause) {
      throw new SerializationError(
        `a ${type.name} cannot be written: ${messageOf(cause)}`,
        `command.${name}`,
        {
          cause,
        },
      );
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
