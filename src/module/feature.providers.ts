import type { Provider } from '@nestjs/common';
import type { FeatureRegistration, RegisteredAggregate } from './feature-registration.js';
import { getAggregateRepositoryToken, getJournalHostToken } from './file-journal.constants.js';
import type { JournalHost } from './journal-host.js';

/** What is injected for registered aggregates: the rehydrated aggregate, or the repository of an aggregate root. */
export function createFeatureProviders(registration: FeatureRegistration): Provider[] {
  return registration.aggregates.map(createAggregateProvider);
}

function createAggregateProvider({ kind, type, journal }: RegisteredAggregate): Provider {
  const inject = [getJournalHostToken(journal)];
  return kind === 'root'
    ? {
        provide: getAggregateRepositoryToken(type, journal),
        useFactory: (host: JournalHost) => host.repositoryOf(type),
        inject,
      }
    : { provide: type, useFactory: (host: JournalHost) => host.handleOf(type), inject };
}
