/**
 * The methods that a repository needs of an aggregate: those of a JournaledAggregateRoot, of an
 * `AggregateRoot` of @nestjs/cqrs, or of a class made with its `WithAggregateRoot()`.
 */
export interface AggregateRootLike {
  autoCommit: boolean;
  getUncommittedEvents(): object[];
  uncommit(): void;
  loadFromHistory(history: object[]): void;
  apply(event: object, options?: { readonly fromHistory?: boolean; readonly skipHandler?: boolean }): void;
}

/** How a repository creates and identifies its aggregates. */
export interface AggregateRootDefinition<TAggregate extends AggregateRootLike> {
  /** The stable name of the class, stored with its events. */
  readonly type: string;
  /** Creates an aggregate without events. @default `new Class(id)` */
  readonly create: (id: string) => TAggregate;
  /** The id of an aggregate. @default its property `id` */
  readonly idOf: (aggregate: TAggregate) => unknown;
  /** Aggregates that `update` and `query` keep in memory; 0 keeps none. @default 1_000 */
  readonly maxLive: number;
}

/**
 * Options of `save`: what it expects of the stored aggregate.
 * @publicApi
 */
export interface SaveOptions {
  /**
   * Refuses the save unless the aggregate has this number of stored events; 0 means new.
   * @default not checked
   */
  readonly expectedVersion?: number;
  /**
   * Refuses the save unless this is the sequence of the aggregate's last entry; null means new.
   * @default not checked
   */
  readonly expectedSequence?: bigint | null;
}

/**
 * Options of `update` and `updateAll`.
 * @publicApi
 */
export interface UpdateOptions {
  /**
   * How often the change runs at most, if other saves of the aggregate come in between: 1 … 100.
   * @default 3
   */
  readonly attempts?: number;
  /** Creates an aggregate that has no events. @default false */
  readonly createIfAbsent?: boolean;
}

/**
 * The entry that a save appended.
 * @publicApi
 */
export interface SavedEvents {
  /** Sequence of the entry, which contains all the events of the save. */
  readonly sequenceNum: bigint;
  /** Nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
}
