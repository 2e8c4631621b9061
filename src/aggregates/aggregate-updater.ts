import { InvalidArgumentError } from '../journal/index.js';
import { runningCalls, type RunningCall } from '../common/index.js';
import { AggregateConflictError, AggregateNotFoundError } from './aggregate.errors.js';
import type { AggregateLoader } from './aggregate-loader.js';
import type {
  AggregateRootDefinition,
  AggregateRootLike,
  UpdateOptions,
} from './aggregate-repository.interface.js';
import type { AggregateSaver } from './aggregate-saver.js';
import type { AggregateStore } from './aggregate-store.js';
import { LiveAggregates, type LiveAggregate } from './live-aggregates.js';
import type { NestedCallGuard } from './nested-call-guard.js';

const DEFAULT_ATTEMPTS = 3;

type Lives<TAggregate> = ReadonlyMap<string, LiveAggregate<TAggregate>>;

/** A running query. */
interface RunningQuery<TAggregate> {
  readonly id: string;
  readonly live: LiveAggregate<TAggregate>;
  readonly aggregate: TAggregate;
  /** Queries inside this query that read the same object. */
  readonly inner: Set<Promise<unknown>>;
}

/**
 * Runs updates and queries of aggregates, one at a time for each aggregate. Keeps aggregates in memory
 * between calls.
 */
export class AggregateUpdater<TAggregate extends AggregateRootLike> {
  private readonly live: LiveAggregates<TAggregate>;
  private readonly queries = new WeakMap<RunningCall, RunningQuery<TAggregate>>();

  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
    private readonly nestedCalls: NestedCallGuard,
    private readonly loader: AggregateLoader<TAggregate>,
    private readonly saver: AggregateSaver<TAggregate>,
  ) {
    this.live = new LiveAggregates(definition.maxLive);
  }

  async updateAll<R>(
    ids: readonly string[],
    change: (aggregates: readonly TAggregate[]) => R | Promise<R>,
    options: UpdateOptions,
  ): Promise<R> {
    const { attempts = DEFAULT_ATTEMPTS, createIfAbsent = false } = options;
    await this.nestedCalls.refuseInside(`update of ${ids.join(', ')}`, ['update', 'query']);
    const turn = async (lives: Lives<TAggregate>): Promise<R> => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.changeAndSave(ids, lives, change, createIfAbsent);
        } catch (error) {
          if (!(error instanceof AggregateConflictError) || attempt >= attempts) throw error;
          // The other save settles before the next attempt reads the journal.
          await this.store.settled(this.definition.type, error.aggregateId);
        }
      }
    };
    // All calls wait for turns in the same order, so they cannot wait for each other.
    const sorted = [...new Set(ids)].sort();
    return this.inTurns(sorted, new Map(), turn);
  }

  async query<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    const isInQuery = await this.nestedCalls.refuseInside(`query of ${id}`, ['update']);
    return isInQuery ? this.queryInside(id, look) : this.queryInTurn(id, look);
  }

  private queryInTurn<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    return this.live.run(id, async (live) => {
      const aggregate = await this.current(live, id, false);
      try {
        return await this.read(id, live, aggregate, look);
      } finally {
        if (!this.loader.isStored(aggregate)) live.aggregate = null;
      }
    });
  }

  /**
   * Runs a query inside another query. It never waits for a turn: two queries that read the same aggregates
   * in a different order would wait for each other. It reads the object of an outer query for the same
   * aggregate, or uses a free turn. Otherwise it loads a copy.
   */
  private async queryInside<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    const outer = this.outerQuery(id);
    if (outer !== null) {
      const answer = this.read(id, outer.live, outer.aggregate, look);
      outer.inner.add(answer);
      return answer.finally(() => outer.inner.delete(answer));
    }
    if (this.live.isFree(id)) return this.queryInTurn(id, look);
    const copy: LiveAggregate<TAggregate> = { aggregate: null };
    return this.read(id, copy, await this.current(copy, id, false), look);
  }

  /** Calls `look`. The query ends after its inner queries that read the same object. */
  private async read<R>(
    id: string,
    live: LiveAggregate<TAggregate>,
    aggregate: TAggregate,
    look: (aggregate: TAggregate) => R | Promise<R>,
  ): Promise<R> {
    const inner = new Set<Promise<unknown>>();
    try {
      return await this.nestedCalls.run('query', [id], (call) => {
        this.queries.set(call, { id, live, aggregate, inner });
        return look(aggregate);
      });
    } finally {
      while (inner.size > 0) await Promise.allSettled(inner);
      if (!this.loader.isStored(aggregate)) refuse('look', 'a function that applies no event; update() does');
    }
  }

  private outerQuery(id: string): RunningQuery<TAggregate> | null {
    for (const call of runningCalls()) {
      const query = this.queries.get(call);
      if (query?.id === id) return query;
    }
    return null;
  }

  /** Runs `turn` while it has the turns of all these aggregates. */
  private inTurns<R>(
    ids: readonly string[],
    lives: Map<string, LiveAggregate<TAggregate>>,
    turn: (lives: Lives<TAggregate>) => Promise<R>,
  ): Promise<R> {
    const [id, ...rest] = ids;
    if (id === undefined) return turn(lives);
    return this.live.run(id, (live) => this.inTurns(rest, lives.set(id, live), turn));
  }

  private async changeAndSave<R>(
    ids: readonly string[],
    lives: Lives<TAggregate>,
    change: (aggregates: readonly TAggregate[]) => R | Promise<R>,
    createIfAbsent: boolean,
  ): Promise<R> {
    try {
      for (const [id, live] of lives) await this.current(live, id, createIfAbsent);
      const aggregates = ids.map((id) => lives.get(id)?.aggregate as TAggregate);
      const answer = await this.nestedCalls.run('update', ids, () => change(aggregates));
      await this.saver.save([...new Set(aggregates)]);
      return answer;
    } finally {
      for (const live of lives.values()) if (!this.loader.isStored(live.aggregate)) live.aggregate = null;
    }
  }

  /** Returns the aggregate from memory, or a new object, in step with the journal. */
  private async current(
    live: LiveAggregate<TAggregate>,
    id: string,
    createIfAbsent: boolean,
  ): Promise<TAggregate> {
    // Code that kept the object may have applied an event since the last turn.
    const kept = this.loader.isStored(live.aggregate) ? live.aggregate : null;
    // A failure below must not leave an outdated object in the cache.
    live.aggregate = null;
    // Another class may have claimed the aggregate meanwhile.
    if (!this.loader.has(id)) {
      if (!createIfAbsent) throw new AggregateNotFoundError(id);
      return (live.aggregate = this.loader.create(id));
    }
    const aggregate = kept ?? this.loader.create(id);
    await this.loader.bringUpToDate(aggregate, id);
    return (live.aggregate = aggregate);
  }
}

function refuse(argument: string, expected: string): never {
  throw new InvalidArgumentError(argument, 'a change', expected);
}
