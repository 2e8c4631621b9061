/**
 * What a repository needs of an aggregate: a JournaledAggregate, an `AggregateRoot` of @nestjs/cqrs, or a class made with its
 * `WithAggregateRoot()`.
 */
export interface AggregateRootLike {
  autoCommit: boolean;
  getUncommittedEvents(): object[];
  uncommit(): void;
  loadFromHistory(history: object[]): void;
  apply(event: object, options?: { readonly fromHistory?: boolean; readonly skipHandler?: boolean }): void;
}

/** How a repository makes and names its aggregates. */
export interface AggregateRootDefinition<TAggregate extends AggregateRootLike> {
  /** The stable name of the class: stored with its events. */
  readonly type: string;
  /** A new aggregate without events. @default `new Class(id)` */
  readonly create: (id: string) => TAggregate;
  /** @default the property `id` */
  readonly idOf: (aggregate: TAggregate) => unknown;
  /** Aggregates that `update` and `query` keep in memory; 0 keeps none. @default 1_000 */
  readonly maxLive: number;
}

/**
 * What a save expects of the stored aggregate.
 * @publicApi
 */
export interface SaveOptions {
  /** Refuse unless the aggregate has so many stored events; 0: unless it is new. @default not looked at */
  readonly expectedVersion?: number;
  /** Refuse unless this is the aggregate's last entry; null: unless it is new. @default not looked at */
  readonly expectedSequence?: bigint | null;
}

/**
 * What `update` takes.
 * @publicApi
 */
export interface UpdateOptions {
  /** How often the change is tried when others save the aggregate meanwhile, 1 … 100. @default 3 */
  readonly attempts?: number;
  /** Begin with a new aggregate where there is none. @default false */
  readonly createIfAbsent?: boolean;
}

/**
 * Where the events of a save lie.
 * @publicApi
 */
export interface SavedEvents {
  /** Of the entry that holds all of them. */
  readonly sequenceNum: bigint;
  /** Nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
}
