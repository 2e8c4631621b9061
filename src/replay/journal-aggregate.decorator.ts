import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { InvalidOptionError } from '../journal/index.js';
import { assertOptionNames, uncheckedOption, type OptionsOf } from '../common/index.js';
import type { AggregateSnapshotOptions } from './snapshot-options.js';

// The boot checks the values, and names the class in the error.
const OPTIONS = {
  /**
   * Former names of the aggregate; events and snapshots under these names also belong to it.
   * @default none
   */
  aliases: uncheckedOption<readonly string[]>(),
  /** Name of the journal that the aggregate is rebuilt from. @default the default journal */
  journal: uncheckedOption<string>(),
  /**
   * Version of the layout of `snapshot()`. Raise it when the layout changes: older snapshots are then
   * ignored.
   * @default 1
   */
  snapshotVersion: uncheckedOption<number>(),
  /**
   * Replaces the snapshot conditions and `keep` of `forRoot`; `manual`: only `SnapshotManager.take()` takes
   * snapshots. Not for aggregate roots: their journal has one index of all of them.
   */
  snapshots: uncheckedOption<AggregateSnapshotOptions | 'manual'>(),
};

/**
 * Options of `@JournalAggregate()`.
 * @publicApi
 */
export interface JournalAggregateOptions extends OptionsOf<typeof OPTIONS> {}

/** Name and options of a decorated aggregate. */
export interface JournalAggregateDefinition extends JournalAggregateOptions {
  readonly name: string;
}

const METADATA_KEY = 'nestjs-file-journal:aggregate';

/**
 * Describes an aggregate that is rebuilt from a journal. Register the class with
 * `FileJournalModule.forFeature([…])`, not as a provider: Nest would inject a provider before it is
 * rehydrated.
 * @param name stable name of the aggregate. Its snapshots are stored under this name; the events of an
 * aggregate root contain it. Without the decorator, the class name is used, and a renamed or minified class
 * does not find its stored events and snapshots.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`), when the class is declared
 * @example
 * \@JournalAggregate('Ledger', { snapshots: { everyEvents: 1_000 } })
 * export class Ledger {}
 * @publicApi
 */
export function JournalAggregate(name: string, options: JournalAggregateOptions = {}): ClassDecorator {
  if (typeof name !== 'string')
    throw new InvalidOptionError('name of @JournalAggregate()', name, 'a non-empty string');
  assertOptionNames(options, Object.keys(OPTIONS), ` of aggregate ${name}`);
  const definition: JournalAggregateDefinition = { ...options, name };
  return (target) => Reflect.defineMetadata(METADATA_KEY, definition, target);
}

/**
 * Returns the name and the options of the decorator on this class itself; undefined for a class without one.
 */
export function getJournalAggregate(type: Type): JournalAggregateDefinition | undefined {
  return Reflect.getOwnMetadata(METADATA_KEY, type) as JournalAggregateDefinition | undefined;
}
