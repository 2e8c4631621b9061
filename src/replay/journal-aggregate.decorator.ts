import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { assertOptions, type OptionNames } from '../common/index.js';
import type { AggregateSnapshotOptions } from './snapshot-policy.js';

/**
 * Options of `@JournalAggregate()`.
 * @publicApi
 */
export interface JournalAggregateOptions {
  /**
   * Stable name of the aggregate. Its snapshots are stored under this name; the events of an aggregate root
   * contain it. Without it, a renamed or minified class does not find what is stored.
   * @default the name of the class
   */
  readonly name?: string;
  /**
   * Former names of the aggregate: events and snapshots under these names are found as well.
   * @default none
   */
  readonly aliases?: readonly string[];
  /** The journal it is rebuilt from. @default the default journal */
  readonly journal?: string;
  /**
   * Version of the layout of `snapshot()`. Raise it when the layout changes: older snapshots are then
   * ignored.
   * @default 1
   */
  readonly snapshotVersion?: number;
  /**
   * Replaces the snapshot conditions and `keep` of `forRoot`; `manual`: only `SnapshotManager.take()` takes
   * snapshots. Not for aggregate roots: their journal has one index of all of them.
   */
  readonly snapshots?: AggregateSnapshotOptions | 'manual';
}

const OPTIONS: OptionNames<JournalAggregateOptions> = {
  name: true,
  aliases: true,
  journal: true,
  snapshotVersion: true,
  snapshots: true,
};

const METADATA_KEY = 'nestjs-file-journal:aggregate';

/**
 * Describes an aggregate that is rebuilt from a journal. Register the class with
 * `FileJournalModule.forFeature([…])`, not as a provider: Nest would inject a provider before it is
 * rehydrated.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`), when the class is declared
 * @publicApi
 */
export function JournalAggregate(options: JournalAggregateOptions = {}): ClassDecorator {
  assertOptions(options, OPTIONS, ' of @JournalAggregate()');
  return (target) => Reflect.defineMetadata(METADATA_KEY, options, target);
}

/** Options of the decorator of this class itself; undefined for a class without one. */
export function getJournalAggregateOptions(type: Type): JournalAggregateOptions | undefined {
  return Reflect.getOwnMetadata(METADATA_KEY, type) as JournalAggregateOptions | undefined;
}
