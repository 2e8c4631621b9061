import type { Type } from '@nestjs/common';
import type { AggregateRepository } from '../../aggregates/index.js';
import type { EventClassRegistry } from '../../events/index.js';
import { AggregateUnavailableError, createAggregateHandle, type Sequencer } from '../../sequencer/index.js';
import type { AggregateTargets } from './aggregate-targets.js';
import type { FeatureRegistration, RegisteredAggregate } from './feature-registration.js';
import { lateRegistration } from './late-registration.js';

/**
 * The injectable handles and repositories of the aggregates that the application registered for one journal.
 */
export class InjectedAggregates {
  constructor(
    private readonly journalName: string,
    private readonly events: EventClassRegistry,
    private readonly handles: ReadonlyMap<Type, object>,
    private readonly repositories: ReadonlyMap<Type, AggregateRepository>,
  ) {}

  /**
   * Returns the handle of an aggregate with `execute()` or `apply()`.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for a class that was not registered at boot
   */
  handleOf(type: Type): object {
    return this.handles.get(type) ?? this.refuse(type);
  }

  /** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for a class that was not registered at boot */
  repositoryOf(type: Type): AggregateRepository {
    return this.repositories.get(type) ?? this.refuse(type);
  }

  /**
   * Compares a `forFeature` with the registrations at boot. A module that is loaded later may name the same
   * classes again.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  assertKnown({ events }: FeatureRegistration): void {
    const unknown = this.events.firstUnknown(events);
    if (unknown !== null) throw lateRegistration(`the event class ${unknown}`, this.journalName);
  }

  private refuse({ name }: Type): never {
    throw lateRegistration(`the aggregate ${name}`, this.journalName);
  }
}

/** Creates handles that stay the same while the aggregates behind them are rebuilt. */
export function createHandles(
  aggregates: readonly RegisteredAggregate[],
  targets: AggregateTargets,
  sequencer: Sequencer,
): ReadonlyMap<Type, object> {
  const handles = new Map<Type, object>();
  for (const { kind, type, name } of aggregates) {
    if (kind === 'executed') handles.set(type, sequencer.aggregate);
    const target = targets.applied.get(type);
    if (target === undefined) continue;
    const current = (): object => target.instance ?? refuseUncreated(name);
    handles.set(type, createAggregateHandle(type.prototype as object, current));
  }
  return handles;
}

function refuseUncreated(name: string): never {
  throw new AggregateUnavailableError(`the aggregate ${name} is not created yet`);
}
