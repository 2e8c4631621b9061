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
import type { TrackedAggregate } from './tracked-aggregates.js';

const DEFAULT_ATTEMPTS = 3;
const NO_OPTIONS: UpdateOptions = {};

/** The calls whose function an update could wait for. */
const REFUSED_IN_UPDATE = ['update', 'query'] as const;

type Live<TAggregate extends AggregateRootLike> = LiveAggregate<TrackedAggregate<TAggregate>>;

type Lives<TAggregate extends AggregateRootLike> = ReadonlyMap<string, Live<TAggregate>>;

/** A running query. */
interface RunningQuery<TAggregate extends AggregateRootLike> {
  readonly id: string;
  readonly live: Live<TAggregate>;
  readonly tracked: TrackedAggregate<TAggregate>;
  /** Queries inside this query that read the same object. */
  readonly inner: Set<Promise<unknown>>;
}

/**
 * Runs updates and queries of aggregates, one at a time for each aggregate. Keeps aggregates in memory
 * between calls.
 */
export class AggregateUpdater<TAggregate extends AggregateRootLike> {
  private readonly live: LiveAggregates<TrackedAggregate<TAggregate>>;
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
   * {@link updateAll} for one aggregate. An aggregate in memory takes the fast path: this function, one
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
          const tracked = this.inStep(live, id) ?? (await this.current(live, id, createIfAbsent));
          const changed = this.nestedCalls.run('update', id, () => change(tracked.object));
          // The call returns its own promise for any thenable of the application.
          const answer = changed instanceof Promise ? await changed : changed;
          // Code that retained the object may be saving it.
          if (tracked.save !== null) {
            await this.saver.save([tracked.object]);
            return answer;
          }
          const pending = this.saver.begin([tracked]);
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
      try {
        dropUnlessStored(live);
      } finally {
        this.live.release(live);
      }
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
      const tracked = this.inStep(live, id) ?? (await this.current(live, id, false));
      try {
        return await this.read(id, live, tracked, look);
      } finally {
        dropUnlessStored(live);
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
      const answer = this.read(id, outer.live, outer.tracked, look);
      outer.inner.add(answer);
      return answer.finally(() => outer.inner.delete(answer));
    }
    if (this.live.isFree(id)) return this.queryInTurn(id, look);
    const copy: Live<TAggregate> = { aggregate: null };
    return this.read(id, copy, await this.current(copy, id, false), look);
  }

  /** Calls `look`. The query ends after its inner queries that read the same object. */
  private async read<R>(
    id: string,
    live: Live<TAggregate>,
    tracked: TrackedAggregate<TAggregate>,
    look: (aggregate: TAggregate) => R | Promise<R>,
  ): Promise<R> {
    const inner = new Set<Promise<unknown>>();
    try {
      return await this.nestedCalls.run('query', id, (call) => {
        this.queries.set(call, { id, live, tracked, inner });
        return look(tracked.object);
      });
    } finally {
      while (inner.size > 0) await Promise.allSettled(inner);
      if (!tracked.isStored) refuse('look', 'a function that applies no event; update() does');
    }
  }

  private outerQuery(id: string): RunningQuery<TAggregate> | null {
    for (const call of runningCalls()) {
      const query = this.queries.get(call);
      if (query?.id === id) return query;
    }
    return null;
  }

  /** Runs `turn` while it holds the turns of all these aggregates. */
  private inTurns<R>(
    ids: readonly string[],
    lives: Map<string, Live<TAggregate>>,
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
      const aggregates = ids.map((id) => lives.get(id)?.aggregate?.object as TAggregate);
      const answer = await this.nestedCalls.run('update', ids.join(', '), () => change(aggregates));
      await this.saver.save([...new Set(aggregates)]);
      return answer;
    } finally {
      for (const live of lives.values()) dropUnlessStored(live);
    }
  }

  /** Returns after a conflict, when the other save has settled. @throws the error if there is no retry */
  private async assertRetry(error: unknown, attempt: number, attempts: number): Promise<void> {
    if (!(error instanceof AggregateConflictError) || attempt >= attempts) throw error;
    // The next attempt reads the journal.
    await this.store.settled(this.definition.type, error.aggregateId);
  }

  /** The object in memory if it is in step with the journal. */
  private inStep({ aggregate }: Live<TAggregate>, id: string): TrackedAggregate<TAggregate> | null {
    return aggregate !== null && this.loader.isInStep(aggregate, id) ? aggregate : null;
  }

  /** Returns the aggregate from memory, or a new object, in step with the journal. */
  private async current(
    live: Live<TAggregate>,
    id: string,
    createIfAbsent: boolean,
  ): Promise<TrackedAggregate<TAggregate>> {
    const { aggregate: inMemory } = live;
    // A failure below must not leave an outdated object in the cache.
    live.aggregate = null;
    // Application code may have retained the object, and applied an event since the last turn.
    const kept = inMemory !== null && this.loader.canFollow(inMemory, id) ? inMemory : null;
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

/** Removes an aggregate from the cache if it holds events that are not stored, or cannot tell. */
function dropUnlessStored<T extends AggregateRootLike>(live: Live<T>): void {
  const { aggregate } = live;
  // First, because the aggregate's class may have methods of its own, which throw.
  live.aggregate = null;
  if (aggregate?.isStored === true) live.aggregate = aggregate;
}

function refuse(argument: string, expected: string): never {
  throw new InvalidArgumentError(argument, 'a change', expected);
}
