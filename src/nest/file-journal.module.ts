import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { createFeatureCheck, createFeatureProviders } from './feature.providers.js';
import {
  createFeatureRegistration,
  type AggregateDefinition,
  type FeatureOptions,
} from './feature-registration.js';
import { DEFAULT_JOURNAL_NAME } from './file-journal.constants.js';
import { testingOptions, type FileJournalTestingOptions } from './for-testing.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  OPTIONS_TYPE,
} from './file-journal.module-definition.js';
import { createJournalProviders } from './journal.providers.js';
import {
  assertAsyncOptions,
  assertFeatures,
  assertRootOptions,
  withCheckedFactory,
} from './module-arguments.js';
import { BootHooksModule } from './boot-hooks.module.js';
import { JournalRegistryModule } from './journal-registry.module.js';

/**
 * Journals for a Nest application. `forRoot` opens one; what is injected of it is open, and everything that was registered with
 * `forFeature` is rehydrated from it. The journal is closed after the HTTP server (`app.close()`, `enableShutdownHooks()`).
 *
 * Boot fails, with the journal closed again, on damage, on gaps, and when replay comes to other results than were stored.
 *
 * @example
 * \@Module({
 *   imports: [
 *     CqrsModule.forRoot(),
 *     FileJournalModule.forRoot({ directory: 'data/journal' }),
 *     FileJournalModule.forFeature([OrderBook]),
 *   ],
 * })
 * export class AppModule {}
 * @publicApi
 */
@Module({})
export class FileJournalModule extends ConfigurableModuleClass {
  /** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) without options; at boot, naming the option */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    assertRootOptions(options);
    return withJournal(super.forRoot(options), options.name);
  }

  /**
   * `name` and `isGlobal` stand beside the factory: they are needed before it runs.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`); at boot, too, naming the option
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    assertAsyncOptions(options);
    const definition = withCheckedFactory(super.forRootAsync(options), options, MODULE_OPTIONS_TOKEN);
    return withJournal(definition, options.name);
  }

  /**
   * As `forRoot`, over a journal in memory: the same providers and tokens, the same Sequencer, repositories, projections and replay. Takes no
   * directory; `disk` is what survives a restart, `wrap` where faults come in.
   *
   * @example
   * const module = await Test.createTestingModule({
   *   imports: [CqrsModule.forRoot(), FileJournalModule.forTesting(), OrdersModule],
   * }).compile();
   */
  static forTesting(options: FileJournalTestingOptions = {}): DynamicModule {
    return FileJournalModule.forRoot(testingOptions(options));
  }

  /**
   * Registers what is rebuilt from a journal: aggregates with `execute()` (driven by the Sequencer, one per journal),
   * aggregates with `apply()` (follow the journal), aggregate roots of @nestjs/cqrs (`@InjectAggregateRepository(Class)`), and
   * event classes by their stable names. The first two are injected by their class.
   * @param journal @default what `@JournalAggregate()` says, else the default journal
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  static forFeature(
    features: readonly (Type | AggregateDefinition)[] | FeatureOptions,
    journal?: string,
  ): DynamicModule {
    assertFeatures(features, journal);
    const registration = createFeatureRegistration(features, journal);
    const providers = createFeatureProviders(registration);
    return {
      module: FileJournalModule,
      imports: [JournalRegistryModule],
      providers: [
        { provide: Symbol('FeatureRegistration'), useValue: registration },
        createFeatureCheck(registration),
        ...providers,
      ],
      exports: providers.map(tokenOf),
    };
  }
}

function withJournal(definition: DynamicModule, name: string = DEFAULT_JOURNAL_NAME): DynamicModule {
  const { registration, providers } = createJournalProviders(name);
  return {
    ...definition,
    imports: [...(definition.imports ?? []), JournalRegistryModule, BootHooksModule],
    providers: [...(definition.providers ?? []), registration, ...providers],
    exports: [...(definition.exports ?? []), ...providers.map(tokenOf)],
  };
}

/** Every provider of this package is `{ provide, … }`. */
function tokenOf(provider: object): symbol | Type {
  return (provider as { provide: symbol | Type }).provide;
}
