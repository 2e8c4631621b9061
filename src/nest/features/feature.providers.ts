import type { FactoryProvider, Provider } from '@nestjs/common';
import type { FeatureRegistration, RegisteredAggregate } from './feature-registration.js';
import { getAggregateRepositoryToken, getJournalHostToken } from '../file-journal.constants.js';
import type { JournalHost } from '../journal-host.js';
import { JournalRegistry } from '../journal-registry.service.js';
import { branded } from '../boot/overridden-providers.js';

/** Provides the rehydrated aggregates and the repositories of aggregate roots. */
export function createFeatureProviders(registration: FeatureRegistration): FactoryProvider[] {
  return registration.aggregates.map(createAggregateProvider);
}

/** Rejects a registration that comes too late or names an unknown journal, even if it has only events. */
export function createFeatureCheck(registration: FeatureRegistration): Provider {
  return {
    provide: Symbol('FeatureCheck'),
    ...withHost(registration.journal, 'forFeature()', (host) => host.aggregates.assertKnown(registration)),
  };
}

function createAggregateProvider({ kind, type, journal, name }: RegisteredAggregate): FactoryProvider {
  const whose = `aggregate ${name}`;
  return kind === 'root'
    ? {
        provide: getAggregateRepositoryToken(type, journal),
        ...withHost(journal, whose, (host) => host.aggregates.repositoryOf(type)),
      }
    : { provide: type, ...withHost(journal, whose, (host) => host.aggregates.handleOf(type)) };
}

/** The host is an optional dependency: Nest's own error about a missing host would name a private symbol. */
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
