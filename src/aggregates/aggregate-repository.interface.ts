/**
 * The methods that a repository calls on an aggregate. A JournaledAggregateRoot has them, and so do an
 * `AggregateRoot` of @nestjs/cqrs and a class made with its `WithAggregateRoot()`.
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
  /** Returns the id of an aggregate. @default its property `id` */
  readonly idOf: (aggregate: TAggregate) => unknown;
  /** Aggregates that `update` and `query` keep in memory; 0 keeps none. @default 1_000 */
  readonly maxLive: number;
}

/**
 * Options of `save`: the expected state of the stored aggregate.
 * @publicApi
 */
export interface SaveOptions {
  /**
   * The save is refused unless the aggregate has this number of stored events; 0 means a new aggregate.
   * @default not checked
   */
  readonly expectedVersion?: number;
  /**
   * The save is refused unless this is the sequence of the aggregate's last entry; null means a new
   * aggregate.
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
   * Maximum number of runs of the change, 1 … 100. It runs again after each conflict with another save of the
   * aggregate.
   * @default 3
   */
  readonly attempts?: number;
  /** Creates the aggregate if it has no stored events. @default false */
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
