import { InvalidArgumentError } from '../journal/index.js';
import { AggregateConflictError, AggregateNotFoundError } from './aggregate.errors.js';
import type { AggregateLoader } from './aggregate-loader.js';
import type {
  AggregateRepositoryParts,
  AggregateRootLike,
  UpdateOptions,
} from './aggregate-repository.interface.js';
import type { AggregateSaver } from './aggregate-saver.js';
import { LiveAggregates, type LiveAggregate } from './live-aggregates.js';

const DEFAULT_ATTEMPTS = 3;

/** Changes aggregates, and looks at them, in turns; keeps them in memory between two uses. */
export class AggregateUpdater<TAggregate extends AggregateRootLike> {
  private readonly live: LiveAggregates<TAggregate>;

  /** @param maxLive how many are kept */
  constructor(
    maxLive: number,
    private readonly parts: AggregateRepositoryParts,
    private readonly loader: AggregateLoader<TAggregate>,
    private readonly saver: AggregateSaver<TAggregate>,
  ) {
    this.live = new LiveAggregates(maxLive);
  }

  async updateAll<R>(
    ids: readonly string[],
    change: (aggregates: readonly TAggregate[]) => R | Promise<R>,
    options: UpdateOptions,
  ): Promise<R> {
    const { attempts = DEFAULT_ATTEMPTS, createIfAbsent = false } = options;
    this.assertNotChanging(ids.join(', '));
    // Everybody waits for turns in the same order, so nobody waits in a circle.
    return this.inTurns([...new Set(ids)].sort(), new Map(), async (lives) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.changeAndSave(ids, lives, change, createIfAbsent);
        } catch (error) {
          if (!(error instanceof AggregateConflictError) || attempt >= attempts) throw error;
          // The save that was first is settled before the next attempt looks at the journal.
          await this.parts.unacknowledged.get(error.aggregateId)?.acknowledged.catch(() => undefined);
        }
      }
    });
  }

  async query<R>(id: string, look: (aggregate: TAggregate) => R): Promise<R> {
    this.assertNotChanging(id);
    return this.live.run(id, async (live) => {
      const aggregate = await this.current(live, id, false);
      try {
        return await look(aggregate);
      } finally {
        if (!this.loader.isStored(aggregate)) {
          live.aggregate = null;
          refuse('look', 'a function that applies no event; update() does');
        }
      }
    });
  }

  /** Runs `turn` when it is the turn of all these aggregates. */
  private inTurns<R>(
    ids: readonly string[],
    lives: Map<string, LiveAggregate<TAggregate>>,
    turn: (lives: ReadonlyMap<string, LiveAggregate<TAggregate>>) => Promise<R>,
  ): Promise<R> {
    const [id, ...rest] = ids;
    if (id === undefined) return turn(lives);
    return this.live.run(id, (live) => this.inTurns(rest, lives.set(id, live), turn));
  }

  private async changeAndSave<R>(
    ids: readonly string[],
    lives: ReadonlyMap<string, LiveAggregate<TAggregate>>,
    change: (aggregates: readonly TAggregate[]) => R | Promise<R>,
    createIfAbsent: boolean,
  ): Promise<R> {
    try {
      for (const [id, live] of lives) await this.current(live, id, createIfAbsent);
      const aggregates = ids.map((id) => lives.get(id)?.aggregate as TAggregate);
      const answer = await this.changing(ids, async () => change(aggregates));
      await this.saver.save([...new Set(aggregates)]);
      return answer;
    } finally {
      for (const live of lives.values()) if (!this.loader.isStored(live.aggregate)) live.aggregate = null;
    }
  }

  private async changing<R>(ids: readonly string[], change: () => Promise<R>): Promise<R> {
    const running = { ids: ids.join(', '), isOver: false };
    try {
      return await this.parts.changing.run(running, change);
    } finally {
      running.isOver = true;
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
    if (kept === null && !this.loader.has(id)) {
      if (!createIfAbsent) throw new AggregateNotFoundError(id);
      return (live.aggregate = this.loader.create(id));
    }
    const aggregate = kept ?? this.loader.create(id);
    await this.loader.bringUpToDate(aggregate, id);
    return (live.aggregate = aggregate);
  }

  private assertNotChanging(id: string): void {
    const outer = this.parts.changing.getStore();
    // What was begun inside of a change, a timer or a connection, may well go on after it.
    if (outer === undefined || outer.isOver) return;
    throw new InvalidArgumentError(
      `update of ${id}`,
      id,
      `outside of the change of ${outer.ids}: the two could wait for each other; updateAll() takes both`,
    );
  }
}

function refuse(argument: string, expected: string): never {
  throw new InvalidArgumentError(argument, 'a change', expected);
}
