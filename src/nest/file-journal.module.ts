import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { createFeatureCheck, createFeatureProviders } from './features/feature.providers.js';
import {
  createFeatureRegistration,
  type AggregateDefinition,
  type FeatureOptions,
} from './features/feature-registration.js';
import { DEFAULT_JOURNAL_NAME } from './file-journal.constants.js';
import { testingOptions, type FileJournalTestingOptions } from './testing/for-testing.js';
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
} from './options/module-arguments.js';
import { BootHooksModule } from './boot/boot-hooks.module.js';
import { JournalRegistryModule } from './journal-registry.module.js';

/**
 * The module that opens journals for a Nest application. `forRoot` opens one. Injected journals are open, and
 * injected aggregates are rehydrated, including those that `forFeature` registers. The journal closes after
 * the HTTP server (`app.close()`, `enableShutdownHooks()`).
 *
 * The boot fails, and the journal is closed again, if the journal is damaged or has gaps, or if a replay
 * gives results other than the stored ones.
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
  /**
   * Opens a journal.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) without options; at boot, naming the option
   */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    assertRootOptions(options);
    return withJournal(super.forRoot(options), options.name);
  }

  /**
   * Opens a journal with options from a factory. `name` and `isGlobal` are set beside the factory, because
   * the module needs them before the factory runs.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`); for the options of the factory at boot, naming the
   * option
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    assertAsyncOptions(options);
    const definition = withCheckedFactory(super.forRootAsync(options), options, MODULE_OPTIONS_TOKEN);
    return withJournal(definition, options.name);
  }

  /**
   * Opens a journal in memory, with the same providers, tokens, Sequencer, repositories, projections and
   * replay as `forRoot`. There is no `directory` option. Entries survive a restart on `disk`; `wrap` can
   * inject faults.
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
   * Registers aggregates and event classes with a journal:
   * - aggregates with `execute()`, driven by the Sequencer, one per journal, injected by their class
   * - aggregates with `apply()`, which follow the journal, injected by their class
   * - aggregate roots of @nestjs/cqrs, with `@InjectAggregateRepository(Class)`
   * - event classes
   * @param journal @default the journal of `@JournalAggregate()`, else the default journal
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

/** All providers of this package have the form `{ provide, … }`. */
function tokenOf(provider: object): symbol | Type {
  return (provider as { provide: symbol | Type }).provide;
}
