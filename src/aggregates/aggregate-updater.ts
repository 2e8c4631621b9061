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
import type { RunningTurns } from './running-turns.js';

const DEFAULT_ATTEMPTS = 3;

type Lives<TAggregate> = ReadonlyMap<string, LiveAggregate<TAggregate>>;

/** A look of a query that runs. */
interface Look<TAggregate> {
  readonly id: string;
  readonly live: LiveAggregate<TAggregate>;
  readonly aggregate: TAggregate;
  /** Queries inside of it that look at the same object. */
  readonly guests: Set<Promise<unknown>>;
}

/** Changes aggregates, and looks at them, in turns; keeps them in memory between two uses. */
export class AggregateUpdater<TAggregate extends AggregateRootLike> {
  private readonly live: LiveAggregates<TAggregate>;
  private readonly looks = new WeakMap<RunningCall, Look<TAggregate>>();

  constructor(
    private readonly definition: AggregateRootDefinition<TAggregate>,
    private readonly store: AggregateStore,
    private readonly turns: RunningTurns,
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
    await this.turns.refuseInside(`update of ${ids.join(', ')}`, ['update', 'query']);
    const turn = async (lives: Lives<TAggregate>): Promise<R> => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.changeAndSave(ids, lives, change, createIfAbsent);
        } catch (error) {
          if (!(error instanceof AggregateConflictError) || attempt >= attempts) throw error;
          // The save that was first is settled before the next attempt looks at the journal.
          await this.store.settled(this.definition.type, error.aggregateId);
        }
      }
    };
    // All calls wait for turns in the same order, so no circle can form.
    const sorted = [...new Set(ids)].sort();
    return this.inTurns(sorted, new Map(), turn);
  }

  async query<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    const isInQuery = await this.turns.refuseInside(`query of ${id}`, ['update']);
    return isInQuery ? this.queryInside(id, look) : this.queryInTurn(id, look);
  }

  private queryInTurn<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    return this.live.run(id, async (live) => {
      const aggregate = await this.current(live, id, false);
      try {
        return await this.look(id, live, aggregate, look);
      } finally {
        if (!this.loader.isStored(aggregate)) live.aggregate = null;
      }
    });
  }

  /**
   * A query inside of another one never waits for a turn: two that look at the same aggregates in another order would wait for each other.
   * It looks at the very object of an outer query for the same aggregate, or takes its turn where that is free. Otherwise it loads a copy.
   */
  private async queryInside<R>(id: string, look: (aggregate: TAggregate) => R | Promise<R>): Promise<R> {
    const outer = this.outerLook(id);
    if (outer !== null) {
      const answer = this.look(id, outer.live, outer.aggregate, look);
      outer.guests.add(answer);
      return answer.finally(() => outer.guests.delete(answer));
    }
    if (this.live.isFree(id)) return this.queryInTurn(id, look);
    const copy: LiveAggregate<TAggregate> = { aggregate: null };
    return this.look(id, copy, await this.current(copy, id, false), look);
  }

  /** Calls `look`. It ends when the queries inside of it that look at the same object have ended, too. */
  private async look<R>(
    id: string,
    live: LiveAggregate<TAggregate>,
    aggregate: TAggregate,
    look: (aggregate: TAggregate) => R | Promise<R>,
  ): Promise<R> {
    const guests = new Set<Promise<unknown>>();
    try {
      return await this.turns.run('query', [id], (call) => {
        this.looks.set(call, { id, live, aggregate, guests });
        return look(aggregate);
      });
    } finally {
      while (guests.size > 0) await Promise.allSettled(guests);
      if (!this.loader.isStored(aggregate)) refuse('look', 'a function that applies no event; update() does');
    }
  }

  private outerLook(id: string): Look<TAggregate> | null {
    for (const call of runningCalls()) {
      const look = this.looks.get(call);
      if (look?.id === id) return look;
    }
    return null;
  }

  /** Runs `turn` when it is the turn of all these aggregates. */
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
      const answer = await this.turns.run('update', ids, () => change(aggregates));
      await this.saver.save([...new Set(aggregates)]);
      return answer;
    } finally {
      for (const live of lives.values()) if (!this.loader.isStored(live.aggregate)) live.aggregate = null;
    }
  }

  /** The aggregate that is kept in memory, in step with the journal. */
  private async current(
    live: LiveAggregate<TAggregate>,
    id: string,
    createIfAbsent: boolean,
  ): Promise<TAggregate> {
    // Somebody may have kept it, and applied an event since.
    const kept = this.loader.isStored(live.aggregate) ? live.aggregate : null;
    // Until it is in step again, nobody else gets it.
    live.aggregate = null;
    // One that was unclaimed may have become another class's meanwhile.
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
