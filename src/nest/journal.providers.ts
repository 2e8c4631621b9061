import { Logger, type FactoryProvider, type Provider, type Type, type ValueProvider } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { EventBus } from '@nestjs/cqrs';
import { WriteAheadPublisher } from '../cqrs/index.js';
import { FileJournal } from '../file-journal/index.js';
import { ProjectionsService } from '../projections/index.js';
import { ReplayService, SnapshotManager } from '../replay/index.js';
import { Sequencer } from '../sequencer/index.js';
import { unstableNames } from './features/aggregate-names.js';
import { isLazilyLoaded } from './boot/boot-hooks.module.js';
import { assertedEventBus, findEventBuses, waitForEventBuses } from './boot/event-bus.finder.js';
import { assertOneCqrs, assertOneTransformer } from './boot/duplicate-packages.js';
import type { RegisteredAggregate } from './features/feature-registration.js';
import { FeatureExplorer } from './features/feature.explorer.js';
import {
  DEFAULT_JOURNAL_NAME,
  getJournalHostToken,
  getJournalToken,
  getProjectionsServiceToken,
  getReplayServiceToken,
  getSequencerToken,
  getSnapshotManagerToken,
  getWriteAheadPublisherToken,
} from './file-journal.constants.js';
import { MODULE_OPTIONS_TOKEN } from './file-journal.module-definition.js';
import type { FileJournalModuleOptions } from './options/file-journal-options.js';
import { validateJournalName, validateOptions } from './options/file-journal-options.validation.js';
import { composeJournal } from './boot/compose-journal.js';
import type { JournalHost } from './journal-host.js';
import { JournalRegistration } from './features/journal-registration.js';
import { JournalRegistry } from './journal-registry.service.js';
import { lateRegistration } from './features/late-registration.js';
import { createCodec, openJournal } from './boot/open-journal.js';
import {
  assertReadsInstances,
  branded,
  findOverridden,
  withOverridden,
} from './boot/overridden-providers.js';

/** The providers of `forRoot` for one journal. All but the host are views of the host. */
export function createJournalProviders(name: string): {
  /** For the explorer only; no class injects it. */
  readonly registration: ValueProvider<JournalRegistration>;
  readonly providers: readonly Exclude<Provider, Type>[];
} {
  const tokens: [symbol, (host: JournalHost) => unknown][] = [
    [getJournalToken(name), ({ journal }) => journal],
    [getSequencerToken(name), ({ sequencer }) => sequencer],
    [getReplayServiceToken(name), ({ replay }) => replay],
    [getSnapshotManagerToken(name), ({ snapshots }) => snapshots],
    [getProjectionsServiceToken(name), ({ projections }) => projections],
    [getWriteAheadPublisherToken(name), ({ publisher }) => publisher],
  ];
  const views = tokens.map(([provide, view]) => ({
    provide,
    useFactory: branded(view),
    inject: [getJournalHostToken(name)],
  }));
  const aliases = createClassAliases(name);
  const overridable = [...views, ...aliases].map(({ provide }) => provide);
  return {
    registration: {
      provide: Symbol('JournalRegistration'),
      useValue: new JournalRegistration(name, overridable),
    },
    providers: [createHostProvider(name), ...views, ...aliases],
  };
}

/**
 * Providers of the default journal by class, for injection without a decorator. They do not use
 * `useExisting`: NestJS 11 does not distinguish such a provider from one that a test has overridden.
 */
function createClassAliases(name: string): FactoryProvider[] {
  if (name !== DEFAULT_JOURNAL_NAME) return [];
  const aliases: [Type, symbol][] = [
    [FileJournal as unknown as Type, getJournalToken(name)],
    [Sequencer, getSequencerToken(name)],
    [ReplayService, getReplayServiceToken(name)],
    [SnapshotManager, getSnapshotManagerToken(name)],
    [ProjectionsService, getProjectionsServiceToken(name)],
    [WriteAheadPublisher, getWriteAheadPublisherToken(name)],
  ];
  return aliases.map(([provide, token]) => ({
    provide,
    useFactory: branded((instance: unknown) => instance),
    inject: [token],
  }));
}

/**
 * Opens and rehydrates the journal in an async factory. So every injected provider of this journal is ready,
 * even in a constructor. onModuleInit would be too late, because hooks of other providers run at the same
 * time.
 */
function createHostProvider(name: string): FactoryProvider<JournalHost> {
  return {
    provide: getJournalHostToken(name),
    inject: [
      MODULE_OPTIONS_TOKEN,
      JournalRegistry,
      ModuleRef,
      ModulesContainer,
      { token: EventBus, optional: true },
    ],
    useFactory: async (
      options: FileJournalModuleOptions,
      registry: JournalRegistry,
      moduleRef: ModuleRef,
      modules: ModulesContainer,
      bus: EventBus | undefined,
    ): Promise<JournalHost> => {
      // Before the `try`: a failure here must not close the journals of a running application.
      registry.assertBooting(name);
      if (isLazilyLoaded(modules)) throw lateRegistration('FileJournalModule.forRoot()', name);
      try {
        if (bus !== undefined) assertedEventBus(bus);
        // Before the directory is touched: refuses the incomplete mock of a test.
        findEventBuses(modules, false).forEach(assertedEventBus);
        const host = await openHost(name, options, registry, moduleRef, modules);
        // The injected bus comes first: with a global CqrsModule, other providers get the same bus.
        host.lifecycle.connect([...(bus === undefined ? [] : [bus]), ...(await waitForEventBuses(modules))]);
        return host;
      } catch (error) {
        await registry.abandon(name, error);
        throw error;
      }
    },
  };
}

async function openHost(
  name: string,
  given: FileJournalModuleOptions,
  registry: JournalRegistry,
  moduleRef: ModuleRef,
  modules: ModulesContainer,
): Promise<JournalHost> {
  validateJournalName(name);
  validateOptions(given);
  const aliases = name === DEFAULT_JOURNAL_NAME ? [FileJournal] : [];
  const options = withOverridden(given, findOverridden(modules, name), aliases, name);
  await assertOneCqrs(modules);
  const features = new FeatureExplorer(modules).explore(name);
  reportUnstableNames(features.aggregates);
  features.events.register(options.events ?? []);
  if (options !== given) assertReadsInstances(features.events);
  await assertOneTransformer(features.events.types());
  await features.events.prepare({ validate: options.validateEvents !== false });
  claimDirectories(options, name, registry);
  const codec = createCodec(options, features.events);
  const journal = await openJournal(options, codec);
  let host: JournalHost;
  try {
    const opened = { name, journal, codec, options, features };
    host = composeJournal(opened, moduleRef, (event) => registry.isOwn(event));
  } catch (error) {
    await journal.close();
    throw error;
  }
  await registry.add(host);
  await host.lifecycle.rehydrate();
  return host;
}

/** Reserves the directories: files of two journals in one directory would overwrite each other. */
function claimDirectories(options: FileJournalModuleOptions, name: string, registry: JournalRegistry): void {
  const { directory, snapshots, projections } = options;
  if (directory !== undefined) registry.claimDirectory(directory, name);
  if (snapshots !== undefined && snapshots !== false && snapshots.directory !== undefined)
    registry.claimDirectory(snapshots.directory, name, 'snapshots.directory');
  if (projections?.directory !== undefined)
    registry.claimDirectory(projections.directory, name, 'projections.directory');
}

/**
 * Rejects unstable names in production, where code is minified. In other environments it only warns, because
 * a class may really have a short name.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
 */
function reportUnstableNames(aggregates: readonly RegisteredAggregate[]): void {
  const [first, ...others] = unstableNames(aggregates);
  if (first === undefined) return;
  if (process.env['NODE_ENV'] === 'production') throw first;
  const logger = new Logger('FileJournalModule');
  for (const { message } of [first, ...others])
    logger.warn(`${message}; with NODE_ENV=production the application does not start`);
}
