import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { EventClassRegistry } from '../../events/index.js';
import { InvalidOptionError } from '../../journal/index.js';
import { getJournalAggregate } from '../../replay/index.js';
import { assertUsableNames } from './aggregate-names.js';
import { FeatureRegistration, type RegisteredAggregate } from './feature-registration.js';
import { journalNames, missingJournal, registeredValues } from './missing-journal.js';

/** The registrations of all modules of an application for one journal. */
export interface JournalFeatures {
  readonly aggregates: readonly RegisteredAggregate[];
  readonly events: EventClassRegistry;
}

/**
 * Finds registrations in the scanned modules. They are plain values, present before Nest creates any
 * provider. So the factory of a journal can also rehydrate the registrations of modules that Nest has not
 * initialized yet.
 */
export class FeatureExplorer {
  constructor(private readonly modules: ModulesContainer) {}

  /** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) */
  explore(journal: string): JournalFeatures {
    this.assertUniqueJournal(journal);
    this.assertNoBareAggregates();
    const events = new EventClassRegistry();
    const aggregates = new Map<Type, RegisteredAggregate>();
    for (const registration of registeredValues(this.modules, FeatureRegistration.is)) {
      this.assertJournalExists('forFeature()', registration.journal);
      if (registration.journal === journal) events.register(registration.events);
      for (const aggregate of registration.aggregates) {
        this.assertJournalExists(`aggregate ${aggregate.name}`, aggregate.journal);
        // Two modules may register the same aggregate.
        if (aggregate.journal === journal) aggregates.set(aggregate.type, aggregate);
      }
    }
    assertOneExecuted([...aggregates.values()], journal);
    assertUsableNames([...aggregates.values()]);
    return { aggregates: [...aggregates.values()], events };
  }

  private assertUniqueJournal(name: string): void {
    const same = journalNames(this.modules).filter((registered) => registered === name);
    if (same.length > 1) {
      throw new InvalidOptionError(
        'name',
        name,
        `given to one journal; FileJournalModule.forRoot() registers it ${same.length} times`,
      );
    }
  }

  private assertJournalExists(whose: string, journal: string): void {
    const names = journalNames(this.modules);
    if (!names.includes(journal)) throw missingJournal(whose, journal, names);
  }

  /**
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for a class with `@JournalAggregate()` among
   * ordinary providers
   */
  assertNoBareAggregates(): void {
    for (const module of this.modules.values()) {
      for (const wrapper of module.providers.values()) {
        const { metatype, token, inject } = wrapper;
        const isBareClass = typeof metatype === 'function' && metatype === token && !inject;
        if (!isBareClass || getJournalAggregate(metatype as Type) === undefined) continue;
        throw new InvalidOptionError(
          `provider ${wrapper.name}`,
          metatype,
          `registered with FileJournalModule.forFeature([${wrapper.name}]) instead of in the providers of ${module.name}, where it ` +
            'would be injected before it is rehydrated',
        );
      }
    }
  }
}

function assertOneExecuted(aggregates: readonly RegisteredAggregate[], journal: string): void {
  const executed = aggregates.filter(({ kind }) => kind === 'executed');
  if (executed.length <= 1) return;
  throw new InvalidOptionError(
    'aggregate',
    executed.map(({ name }) => name).join(', '),
    `one per journal that has execute(): journal ${journal} has one order of commands; ` +
      'put them into one aggregate, or into several named journals',
  );
}
