import { Module, type DynamicModule } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { OBSERVED_JOURNALS, type ObservedJournals } from '../index.js';
import { loadOptionalPeer } from '../../common/index.js';
import { resolveHealthOptions, type JournalHealthOptions } from './health-options.js';
import { JournalHealthIndicator, type HealthSession } from './journal-health.indicator.js';

/**
 * Provides the {@link JournalHealthIndicator} for controllers that check health with @nestjs/terminus (11 or
 * 12). Import it beside `TerminusModule` and `FileJournalModule.forRoot()`.
 * @publicApi
 */
@Module({})
export class FileJournalHealthModule {
  /**
   * Provides the {@link JournalHealthIndicator} to the whole application.
   * @param options the options of every check; a check can override them
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   * @throws MissingPeerError (`JOURNAL_MISSING_PEER`) at boot
   */
  static forRoot(options: JournalHealthOptions = {}): DynamicModule {
    resolveHealthOptions(options);
    const indicator = {
      provide: JournalHealthIndicator,
      inject: [OBSERVED_JOURNALS, ModuleRef],
      useFactory: async (journals: ObservedJournals, moduleRef: ModuleRef) =>
        new JournalHealthIndicator(journals, await loadSessions(moduleRef), options),
    };
    return { module: FileJournalHealthModule, providers: [indicator], exports: [JournalHealthIndicator] };
  }
}

async function loadSessions(moduleRef: ModuleRef): Promise<(key: string) => HealthSession> {
  const { HealthIndicatorService } = await loadOptionalPeer(
    '@nestjs/terminus',
    'nestjs-file-journal/terminus',
    () => import('@nestjs/terminus'),
  );
  let service: { check(key: string): HealthSession } | null = null;
  return (key) => {
    service ??= findService() as { check(key: string): HealthSession };
    return service.check(key);
  };
  /** The service of TerminusModule. Nest may create it later than the indicator. */
  function findService(): unknown {
    try {
      return moduleRef.get(HealthIndicatorService, { strict: false });
    } catch {
      return new HealthIndicatorService();
    }
  }
}
