import { InvalidArgumentError } from '../journal/index.js';
import { assertCallback, runningCalls, type RunningCall } from '../common/index.js';
import { AggregateConflictError, AggregateNotFoundError } from './aggregate.errors.js';
import type { AggregateLoader } from './aggregate-loader.js';
import type {
  AggregateRootDefinition,
  AggregateRootLike,
  UpdateOptions,
} from './aggregate-repository.interface.js';
import type { AggregateSaver } from './aggregate-saver.js';
import type { AggregateStore } from './aggregate-store.js';
import { assertId, assertIds, assertUpdateOptions } from './call-options.js';
import { LiveAggregates, type LiveAggregate } from './live-aggregates.js';
import type { NestedCallGuard } from './nested-call-guard.js';

const DEFAULT_ATTEMPTS = 3;
const NO_OPTIONS: UpdateOptions = {};

/** The calls whose function an update could wait for. */
const REFUSED_IN_UPDATE = ['update', 'query'] as const;

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

  /**
   * {@link updateAll} for one aggregate. An aggregate in memory takes the shortest way: this function, one
   * microtask to leave the caller's tick, and the acknowledgement of the entry.
   */
  async update<R>(
    id: string,
    change: (aggregate: TAggregate) => R | Promise<R>,
    options: UpdateOptions = NO_OPTIONS,
  ): Promise<R> {
    assertId(id);
    assertCallback('change', change);
    if (options !== NO_OPTIONS) assertUpdateOptions(options);
    const { attempts = DEFAULT_ATTEMPTS, createIfAbsent = false } = options;
    if (this.nestedCalls.mayRefuse) await this.nestedCalls.refuseInside(`update of ${id}`, REFUSED_IN_UPDATE);
    const live = await this.live.take(id);
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const aggregate = this.inStep(live, id) ?? (await this.current(live, id, createIfAbsent));
          const changed = this.nestedCalls.run('update', id, () => change(aggregate));
          // The call returns its own promise for any thenable of the application.
          const answer = changed instanceof Promise ? await changed : changed;
          // Code that kept the object may be saving it.
          if (this.saver.runningFor([aggregate]) !== null) {
            await this.saver.save([aggregate]);
            return answer;
          }
          const pending = this.saver.begin([aggregate]);
          if (pending === null) return answer;
          try {
            await pending.acknowledged;
          } finally {
            pending.end();
          }
          return answer;
        } catch (error) {
          await this.assertRetry(error, attempt, attempts);
        }
      }
    } finally {
      if (!this.loader.isStored(live.aggregate)) live.aggregate = null;
      this.live.release(id, live);
    }
  }

  /** See `AggregateRepository.updateAll`. */
  async updateAll<R>(
    ids: readonly string[],
    change: (aggregates: readonly TAggregate[]) => R | Promise<R>,
    options: UpdateOptions = NO_OPTIONS,
  ): Promise<R> {
    assertIds(ids);
    assertCallback('change', change);
    assertUpdateOptions(options);
    const { attempts = DEFAULT_ATTEMPTS, createIfAbsent = false } = options;
    const operation = `update of ${ids.join(', ')}`;
    if (this.nestedCalls.mayRefuse) await this.nestedCalls.refuseInside(operation, REFUSED_IN_UPDATE);
    const turn = async (lives: Lives<TAggregate>): Promise<R> => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.changeAndSave(ids, lives, change, createIfAbsent);
        } catch (error) {
          await this.assertRetry(error, attempt, attempts);
        }
      }
    };
    // All calls wait for turns in the same order, so they cannot wait for each other.
    const sorted = [...new Set(ids)].sort();
    return this.inTurns(sorted, new Map(), turn);
  }

  async query<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    assertId(id);
    assertCallback('look', look);
    const { nestedCalls } = this;
    const isInQuery = nestedCalls.mayRefuse && (await nestedCalls.refuseInside(`query of ${id}`, ['update']));
    return isInQuery ? this.queryInside(id, look) : this.queryInTurn(id, look);
  }

  private queryInTurn<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    return this.live.run(id, async (live) => {
      const aggregate = this.inStep(live, id) ?? (await this.current(live, id, false));
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
      return await this.nestedCalls.run('query', id, (call) => {
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
      for (const [id, live] of lives)
        if (this.inStep(live, id) === null) await this.current(live, id, createIfAbsent);
      const aggregates = ids.map((id) => lives.get(id)?.aggregate as TAggregate);
      const answer = await this.nestedCalls.run('update', ids.join(', '), () => change(aggregates));
      await this.saver.save([...new Set(aggregates)]);
      return answer;
    } finally {
      for (const live of lives.values()) if (!this.loader.isStored(live.aggregate)) live.aggregate = null;
    }
  }

  /** Returns after a conflict, when the other save has settled. @throws the error if there is no retry */
  private async assertRetry(error: unknown, attempt: number, attempts: number): Promise<void> {
    if (!(error instanceof AggregateConflictError) || attempt >= attempts) throw error;
    // The next attempt reads the journal.
    await this.store.settled(this.definition.type, error.aggregateId);
  }

  /** The object in memory if it is in step with the journal. */
  private inStep({ aggregate }: LiveAggregate<TAggregate>, id: string): TAggregate | null {
    return aggregate !== null && this.loader.isInStep(aggregate, id) ? aggregate : null;
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
