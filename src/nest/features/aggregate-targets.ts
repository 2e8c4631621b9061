import { Logger, type Type } from '@nestjs/common';
import { AggregateIndex, AggregateTypes } from '../../aggregates/index.js';
import { holdsDomainEvents } from '../../events/index.js';
import type { PayloadCodec, SequencerEvent } from '../../journal/index.js';
import type { ReplayTarget } from '../../replay/index.js';
import {
  AppliedAggregateTarget,
  ExecutedAggregateTarget,
  type AppliedAggregate,
  type OnDivergence,
  type SequencerAggregate,
} from '../../sequencer/index.js';
import type { JournalFeatures } from './feature.explorer.js';
import type { RegisteredAggregate } from './feature-registration.js';

export type ExecutedTarget = ExecutedAggregateTarget<SequencerAggregate>;

/** Creates an aggregate in its initial state. */
export type AggregateFactory = (aggregate: RegisteredAggregate) => Promise<object>;

/** All targets that are rebuilt from one journal. The replay brings them to the end of the journal. */
export class AggregateTargets {
  constructor(
    /** Driven by the Sequencer; null if no aggregate with `execute()` is registered. */
    readonly executed: ExecutedTarget | null,
    /** Aggregates with `apply()`, by class. */
    readonly applied: ReadonlyMap<Type, AppliedAggregateTarget>,
    /** Index of the aggregate roots; null if none is registered. */
    readonly index: AggregateIndex | null,
  ) {}

  /** Targets that apply an entry after the journal has acknowledged it. */
  get followers(): readonly ReplayTarget[] {
    return [...this.applied.values(), ...(this.index === null ? [] : [this.index])];
  }

  get all(): readonly ReplayTarget[] {
    return [...(this.executed === null ? [] : [this.executed]), ...this.followers];
  }

  /** Replaces the aggregates by new ones. */
  async reset(): Promise<void> {
    await this.executed?.reset();
    for (const target of this.applied.values()) await target.reset();
  }
}

/** Creates the targets of the registered aggregates; the targets hold no aggregates yet. */
export function createTargets(
  { aggregates, events }: JournalFeatures,
  codec: PayloadCodec,
  create: AggregateFactory,
  onDivergence: OnDivergence,
  skipsUnknownEvents: boolean,
): AggregateTargets {
  const executed = aggregates.find(({ kind }) => kind === 'executed');
  const applied = aggregates.filter(({ kind }) => kind === 'applied');
  const roots = aggregates.filter(({ kind }) => kind === 'root');
  return new AggregateTargets(
    executed === undefined ? null : createExecuted(executed, codec, create, onDivergence),
    new Map(applied.map((aggregate) => [aggregate.type, createApplied(aggregate, create)])),
    roots.length === 0 ? null : new AggregateIndex(new AggregateTypes(roots, events, skipsUnknownEvents)),
  );
}

function createExecuted(
  aggregate: RegisteredAggregate,
  codec: PayloadCodec,
  create: AggregateFactory,
  onDivergence: OnDivergence,
): ExecutedTarget {
  const logger = new Logger('FileJournalModule');
  return new ExecutedAggregateTarget<SequencerAggregate>({
    name: aggregate.name,
    aliases: aggregate.aliases,
    snapshotVersion: aggregate.snapshotVersion,
    prototype: aggregate.type.prototype as SequencerAggregate,
    // The registration has found `execute()` in the class.
    create: () => create(aggregate) as Promise<SequencerAggregate>,
    onDivergence,
    onDiverged: (error) => logger.warn(error.message),
    asStored: (event) => asStored(codec, event),
    isDomainEvent: holdsDomainEvents,
  });
}

function createApplied(aggregate: RegisteredAggregate, create: AggregateFactory): AppliedAggregateTarget {
  return new AppliedAggregateTarget({
    name: aggregate.name,
    aliases: aggregate.aliases,
    snapshotVersion: aggregate.snapshotVersion,
    // The registration has found `apply()` in the class.
    create: () => create(aggregate) as Promise<AppliedAggregate>,
  });
}

/** The event as the journal returns it. */
function asStored(codec: PayloadCodec, event: SequencerEvent): SequencerEvent {
  return codec.decode(codec.encode(event), event.sequenceNum, event.timestampNs);
}
