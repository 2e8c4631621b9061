import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { InvalidOptionError } from '../journal/index.js';
import { resolveOnly, uncheckedOption, type OptionsOf } from '../common/index.js';
import type { EventValidation } from './event-validation.js';
import type { UpcasterChain, Upcasters } from './upcasters.js';

// A function, because the upcasters have the types of the event's versions.
function optionTable<TUpcasters>() {
  return {
    /** The version of the data's layout that is written; older versions are upcast. @default 1 */
    version: uncheckedOption<number>(1),
    /** Former names of the event. @default none */
    aliases: uncheckedOption<readonly string[]>([]),
    /**
     * Upcasters by the version that they read: `{ 1: (v1) => v2, 2: (v2) => v3 }`. Each version below
     * `version` requires one.
     * @default none
     */
    upcasters: uncheckedOption<TUpcasters>(),
    /**
     * Checks the event when it is read, after the upcasters. A Standard Schema (zod, valibot, arktype …)
     * receives the plain data and may convert it. `'class-validator'` uses the decorators of the class (an
     * optional peer). An event that would fail the check on reading is not stored. @default none
     */
    validation: uncheckedOption<EventValidation>(),
  };
}

/**
 * Options of `@JournalEvent()`.
 * @publicApi
 */
export interface JournalEventOptions<TUpcasters = Upcasters> extends OptionsOf<
  ReturnType<typeof optionTable<TUpcasters>>
> {}

/** The definition of a decorated event class. */
export interface JournalEventDefinition {
  readonly name: string;
  readonly version: number;
  readonly aliases: readonly string[];
  readonly upcasters: Upcasters;
  readonly validation: EventValidation | null;
}

// The key is a string in the metadata that every copy of reflect-metadata shares: the ESM and the CJS build
// of this package read the same.
const METADATA_KEY = 'nestjs-file-journal:event';

const MAX_VERSION = 1_000_000;

/**
 * Sets the permanent name that events of the class are stored under. The class may be renamed, moved or
 * minified; the name stays. Register the class with `FileJournalModule.forFeature({ events: [OrderPlaced] })`
 * or `forRoot({ events: [...] })`.
 *
 * Class-transformer creates the instances and passes no constructor arguments, so the class must have fields
 * and no constructor logic.
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
  const known = optionTable<TUpcasters & UpcasterChain<TUpcasters>>();
  const {
    version,
    aliases,
    upcasters = {},
    validation = null,
  } = resolveOnly(known, options, ` of event ${name}`);
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
 * Returns the definition of the class's own decorator; undefined for a class without one. A subclass does not
 * inherit it, because it is another event.
 */
export function getJournalEvent(type: Type): JournalEventDefinition | undefined {
  return Reflect.getOwnMetadata(METADATA_KEY, type) as JournalEventDefinition | undefined;
}
