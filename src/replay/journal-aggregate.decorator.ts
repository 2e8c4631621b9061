import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { assertOptions, type OptionNames } from '../common/index.js';
import type { AggregateSnapshotOptions } from './snapshot-policy.js';

/** What `@JournalAggregate()` says about a class. */
export interface JournalAggregateOptions {
  /**
   * The stable name of the aggregate: its snapshots are stored under it, and the events of an aggregate root with it. Without it
   * a renamed or minified class loses what is stored. @default the name of the class
   */
  readonly name?: string;
  /** Former names of the aggregate: events and snapshots that are stored under them are found as well. @default none */
  readonly aliases?: readonly string[];
  /** The journal it is rebuilt from. @default the default journal */
  readonly journal?: string;
  /** Raise it when the layout of `snapshot()` changes: older snapshots are passed over then. @default 1 */
  readonly snapshotVersion?: number;
  /**
   * When its snapshots are taken, and how many are kept, instead of what `forRoot` says; `manual`: only by `SnapshotManager.take()`.
   * Not for aggregate roots: their journal keeps one index of all of them.
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
 * Describes an aggregate that is rebuilt from a journal. Register the class with `FileJournalModule.forFeature([…])`,
 * not as an ordinary provider: Nest would inject an ordinary provider before it is rehydrated.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`), when the class is declared
 * @publicApi
 */
export function JournalAggregate(options: JournalAggregateOptions = {}): ClassDecorator {
  assertOptions(options, OPTIONS, ' of @JournalAggregate()');
  return (target) => Reflect.defineMetadata(METADATA_KEY, options, target);
}

/** What the class's own decorator says; undefined for a class without one. */
export function getJournalAggregateOptions(type: Type): JournalAggregateOptions | undefined {
  return Reflect.getOwnMetadata(METADATA_KEY, type) as JournalAggregateOptions | undefined;
}
