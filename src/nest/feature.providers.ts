import type { FactoryProvider, Provider } from '@nestjs/common';
import type { FeatureRegistration, RegisteredAggregate } from './feature-registration.js';
import { getAggregateRepositoryToken, getJournalHostToken } from './file-journal.constants.js';
import type { JournalHost } from './journal-host.js';
import { JournalRegistry } from './journal-registry.service.js';
import { branded } from './overridden-providers.js';

/** What is injected for registered aggregates: the rehydrated aggregate, or the repository of an aggregate root. */
export function createFeatureProviders(registration: FeatureRegistration): FactoryProvider[] {
  return registration.aggregates.map(createAggregateProvider);
}

/** Fails where a registration comes too late, or for a journal that is not there; also one that has events only. */
export function createFeatureCheck(registration: FeatureRegistration): Provider {
  return {
    provide: Symbol('FeatureCheck'),
    ...withHost(registration.journal, 'forFeature()', (host) => host.assertKnown(registration)),
  };
}

function createAggregateProvider({ kind, type, journal, name }: RegisteredAggregate): FactoryProvider {
  const whose = `aggregate ${name}`;
  return kind === 'root'
    ? {
        provide: getAggregateRepositoryToken(type, journal),
        ...withHost(journal, whose, (host) => host.repositoryOf(type)),
      }
    : { provide: type, ...withHost(journal, whose, (host) => host.handleOf(type)) };
}

/** Optional, because Nest's own error about a missing host names a private symbol. */
function withHost(
  journal: string,
  whose: string,
  use: (host: JournalHost) => unknown,
): Pick<FactoryProvider, 'useFactory' | 'inject'> {
  return {
    inject: [{ token: getJournalHostToken(journal), optional: true }, JournalRegistry],
    useFactory: branded((host: JournalHost | undefined, registry: JournalRegistry) =>
      use(host ?? registry.refuseWithoutHost(journal, whose)),
    ),
  };
}
