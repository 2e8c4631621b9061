import type { InjectionToken, Type } from '@nestjs/common';
import type { AggregateRootLike } from '../../aggregates/index.js';
import type { EventClasses } from '../../events/index.js';
import { InvalidOptionError } from '../../journal/index.js';
import { assertFileName, rejectUnknownOptions, type OptionNames } from '../../common/index.js';
import {
  AGGREGATE_SNAPSHOTS,
  getJournalAggregate,
  type AggregateSnapshotOptions,
  type JournalAggregateDefinition,
} from '../../replay/index.js';
import type { AppliedAggregate, SequencerAggregate } from '../../sequencer/index.js';
import { DEFAULT_JOURNAL_NAME, getAggregateRepositoryToken } from '../file-journal.constants.js';

/**
 * An aggregate class with options.
 * @publicApi
 */
export interface AggregateDefinition<T extends object = object> {
  /** Class of the aggregate. */
  readonly aggregate: Type<T>;
  /**
   * Creates an aggregate in its first state. Only an aggregate root gets an `id`.
   * @default Nest creates it with its dependencies; an aggregate root is `new Class(id)`
   */
  readonly create?: (id: string) => T | Promise<T>;
  /** Returns the id of an aggregate root. @default the property `id` */
  readonly idOf?: (aggregate: T) => unknown;
  /**
   * How many aggregate roots of this class `update` and `query` keep in memory; 0 keeps none.
   * @default 1_000
   */
  readonly maxLive?: number;
  /** Snapshot options; they replace those of `@JournalAggregate()`. */
  readonly snapshots?: AggregateSnapshotOptions | 'manual';
}

/**
 * Aggregates and event classes of a feature module.
 * @publicApi
 */
export interface FeatureOptions {
  /** Aggregate classes of the feature. */
  readonly aggregates?: readonly (Type | AggregateDefinition)[];
  /** Event classes of the feature. */
  readonly events?: EventClasses;
}

/**
 * Kind of an aggregate. `executed`: has `execute()`, which the Sequencer calls. `applied`: has `apply()` and
 * follows the journal. `root`: an aggregate root of @nestjs/cqrs, with a repository.
 */
export type AggregateKind = 'executed' | 'applied' | 'root';

/** A registered aggregate. */
export interface RegisteredAggregate {
  readonly kind: AggregateKind;
  readonly type: Type<SequencerAggregate | AppliedAggregate | AggregateRootLike>;
  /** Name in snapshots, stored events, logs and errors. */
  readonly name: string;
  /** Former names. */
  readonly aliases: readonly string[];
  /** True if `@JournalAggregate()` sets the name; otherwise the class name is used. */
  readonly isNamed: boolean;
  readonly journal: string;
  readonly snapshotVersion: number;
  /** Undefined: the options of the journal apply. */
  readonly snapshots: AggregateSnapshotOptions | 'manual' | undefined;
  readonly create: AggregateDefinition['create'];
  readonly idOf: AggregateDefinition['idOf'];
  readonly maxLive: number;
}

const BRAND = Symbol.for('nestjs-file-journal/FeatureRegistration');
const DEFAULT_MAX_LIVE = 1_000;
const DEFINITION: OptionNames<AggregateDefinition> = {
  aggregate: true,
  create: true,
  idOf: true,
  maxLive: true,
  snapshots: true,
};

/** The registrations of one `forFeature`, as a value that explorers find before Nest creates any instance. */
export class FeatureRegistration {
  readonly [BRAND] = true;
  constructor(
    readonly aggregates: readonly RegisteredAggregate[],
    readonly events: EventClasses,
    /** Name of the journal that stores the events. */
    readonly journal: string,
  ) {}

  /** Injection tokens of the aggregates and repositories of a journal. */
  tokensOf(journal: string): readonly InjectionToken[] {
    return this.aggregates
      .filter((aggregate) => aggregate.journal === journal)
      .map(({ kind, type }) => (kind === 'root' ? getAggregateRepositoryToken(type, journal) : type));
  }

  static is(this: void, value: unknown): value is FeatureRegistration {
    return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
  }
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) */
export function createFeatureRegistration(
  features: readonly (Type | AggregateDefinition)[] | FeatureOptions,
  journal: string | undefined,
): FeatureRegistration {
  const { aggregates = [], events = [] }: FeatureOptions = isList(features)
    ? { aggregates: features }
    : features;
  return new FeatureRegistration(
    aggregates.map((item) => registered(typeof item === 'function' ? { aggregate: item } : item, journal)),
    events,
    journal ?? DEFAULT_JOURNAL_NAME,
  );
}

function registered(definition: AggregateDefinition, journal: string | undefined): RegisteredAggregate {
  const type = definition?.aggregate as Type<SequencerAggregate | AppliedAggregate | AggregateRootLike>;
  if (typeof type !== 'function')
    throw new InvalidOptionError('aggregate', type, 'a class, or { aggregate: class }');
  rejectUnknownOptions(definition, Object.keys(DEFINITION), '', ` of aggregate ${type.name}`);
  assertFunction(`create of aggregate ${type.name}`, definition.create);
  assertFunction(`idOf of aggregate ${type.name}`, definition.idOf);
  const decorated = decoratedOptions(type);
  const kind = kindOf(type);
  if (kind === 'root') assertNoOwnSnapshots(type, decorated);
  else assertNoRootOptions(definition, type);
  const name = decorated.name ?? type.name;
  assertFileName(`name of aggregate ${type.name}`, name);
  return {
    kind,
    snapshots: snapshotsOf(definition.snapshots ?? decorated.snapshots, kind, type),
    type,
    name,
    aliases: decorated.aliases ?? [],
    isNamed: decorated.name !== undefined,
    journal: journal ?? decorated.journal ?? DEFAULT_JOURNAL_NAME,
    snapshotVersion: decorated.snapshotVersion ?? 1,
    create: definition.create,
    idOf: definition.idOf,
    maxLive: maxLiveOf(definition),
  };
}

function assertFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function')
    throw new InvalidOptionError(option, value, 'a function');
}

const MAX_SNAPSHOT_VERSION = 2 ** 32 - 1;

function decoratedOptions(type: Type): Partial<JournalAggregateDefinition> {
  const options: Partial<JournalAggregateDefinition> = getJournalAggregate(type) ?? {};
  const of = (option: string): string => `${option} of @JournalAggregate() on ${type.name}`;
  const { aliases = [], snapshotVersion: version = 1 } = options;
  if (!Array.isArray(aliases)) throw new InvalidOptionError(of('aliases'), aliases, 'an array of names');
  if (!Number.isSafeInteger(version) || version < 0 || version > MAX_SNAPSHOT_VERSION)
    throw new InvalidOptionError(of('snapshotVersion'), version, `an integer of 0 … ${MAX_SNAPSHOT_VERSION}`);
  return options;
}

/**
 * Rejects snapshot methods and versions of aggregate roots: they would be ignored, because roots are rebuilt
 * from their events.
 */
function assertNoOwnSnapshots(type: Type, { snapshotVersion }: Partial<JournalAggregateDefinition>): void {
  const { snapshot, restore } = type.prototype as Record<string, unknown>;
  if (typeof snapshot === 'function' && typeof restore === 'function') {
    throw new InvalidOptionError(
      `aggregate ${type.name}`,
      type,
      'a class without snapshot() and restore(): repositories do not support them yet, and rebuild aggregate roots from their events',
    );
  }
  if (snapshotVersion !== undefined) {
    throw new InvalidOptionError(
      `snapshotVersion of aggregate ${type.name}`,
      snapshotVersion,
      'left out: repositories do not support snapshots of aggregate roots yet',
    );
  }
}

function assertNoRootOptions({ idOf, maxLive }: AggregateDefinition, { name }: Type): void {
  for (const [option, value] of Object.entries({ idOf, maxLive })) {
    if (value === undefined) continue;
    throw new InvalidOptionError(
      `${option} of aggregate ${name}`,
      value,
      'left out: it is for aggregate roots',
    );
  }
}

function snapshotsOf(
  snapshots: RegisteredAggregate['snapshots'],
  kind: AggregateKind,
  { name }: Type,
): RegisteredAggregate['snapshots'] {
  const option = `snapshots of aggregate ${name}`;
  if (snapshots === undefined) return snapshots;
  AGGREGATE_SNAPSHOTS.check(option, snapshots);
  if (kind === 'root')
    throw new InvalidOptionError(
      option,
      snapshots,
      'left out: snapshots are of the index of all aggregate roots',
    );
  return snapshots;
}

function maxLiveOf({ maxLive = DEFAULT_MAX_LIVE, aggregate }: AggregateDefinition): number {
  if (Number.isSafeInteger(maxLive) && maxLive >= 0) return maxLive;
  throw new InvalidOptionError(`maxLive of aggregate ${aggregate.name}`, maxLive, 'an integer of 0 or more');
}

function kindOf(type: Type): AggregateKind {
  const methods = type.prototype as Record<string, unknown>;
  const has = (name: string): boolean => typeof methods[name] === 'function';
  if (has('getUncommittedEvents') && has('loadFromHistory')) return 'root';
  if (has('execute')) return 'executed';
  if (has('apply')) return 'applied';
  throw new InvalidOptionError(
    `aggregate ${type.name}`,
    type,
    'a class with the method execute() or apply(), or an AggregateRoot of @nestjs/cqrs',
  );
}

function isList<T>(value: readonly T[] | FeatureOptions): value is readonly T[] {
  return Array.isArray(value);
}
