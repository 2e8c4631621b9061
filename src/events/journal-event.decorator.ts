import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { InvalidOptionError } from '../journal/index.js';
import { assertOptions, type OptionNames } from '../common/index.js';
import type { EventValidation } from './event-validation.js';
import type { UpcasterChain, Upcasters } from './upcasters.js';

/**
 * What `@JournalEvent()` says about an event class.
 * @publicApi
 */
export interface JournalEventOptions<TUpcasters = Upcasters> {
  /** Version of the data's layout: the one that is written; older ones are upcast. @default 1 */
  readonly version?: number;
  /** Names the event was stored under before. @default none */
  readonly aliases?: readonly string[];
  /**
   * By the version they read: `{ 1: (v1) => v2, 2: (v2) => v3 }`. Each version below `version` needs one.
   * @default none
   */
  readonly upcasters?: TUpcasters;
  /**
   * Checks the event when it is read, after the upcasters: a Standard Schema (zod, valibot, arktype …), which
   * sees the plain data and may convert it; or `'class-validator'`, the decorators of the class (an optional
   * peer). An event that could not be read again is not stored either. @default none
   */
  readonly validation?: EventValidation;
}

/** What is known of a decorated event class. */
export interface JournalEventDefinition {
  readonly name: string;
  readonly version: number;
  readonly aliases: readonly string[];
  readonly upcasters: Upcasters;
  readonly validation: EventValidation | null;
}

// A string, in the metadata every copy of reflect-metadata shares: the ESM and the CJS build of this package
// read the same.
const METADATA_KEY = 'nestjs-file-journal:event';

const MAX_VERSION = 1_000_000;

const OPTIONS: OptionNames<JournalEventOptions> = {
  version: true,
  aliases: true,
  upcasters: true,
  validation: true,
};

/**
 * Gives an event class the name it is stored under, for ever. The class may be renamed, moved or minified;
 * the name stays. Register the class with `FileJournalModule.forFeature({ events: [OrderPlaced] })` or
 * `forRoot({ events: [...] })`.
 *
 * Class-transformer makes the instances, without calling the constructor with arguments: a class has fields,
 * not constructor logic.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`), when the class is declared
 *
 * @example
 * \@JournalEvent('OrderPlaced', {
 *   version: 2,
 *   aliases: ['OrderCreated'],
 *   upcasters: { 1: (data: { qty: number }) => ({ quantity: data.qty }) },
 * })
 * export class OrderPlaced {
 *   quantity!: number;
 * }
 * @publicApi
 */
export function JournalEvent<const TUpcasters extends Upcasters = Upcasters>(
  name: string,
  options: JournalEventOptions<TUpcasters & UpcasterChain<TUpcasters>> = {},
): ClassDecorator {
  assertOptions(options, OPTIONS, ` of event ${name}`);
  const { version = 1, aliases = [], upcasters = {}, validation = null } = options;
  if (typeof name !== 'string' || name === '') {
    throw new InvalidOptionError('name of @JournalEvent()', name, 'a non-empty string');
  }
  if (!Number.isSafeInteger(version) || version < 1 || version > MAX_VERSION) {
    throw new InvalidOptionError(`version of event ${name}`, version, `an integer of 1 … ${MAX_VERSION}`);
  }
  const definition: JournalEventDefinition = { name, version, aliases, upcasters, validation };
  return (target) => Reflect.defineMetadata(METADATA_KEY, definition, target);
}

/**
 * What the class's own decorator says; undefined for a class without one. Not inherited: a subclass is
 * another event.
 */
export function getJournalEvent(type: Type): JournalEventDefinition | undefined {
  return Reflect.getOwnMetadata(METADATA_KEY, type) as JournalEventDefinition | undefined;
}
