import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { LazyModuleLoader, ModuleRef, ModulesContainer } from '@nestjs/core';
import {
  InvalidOptionError,
  JournalClosedError,
  describeThrown,
  type SequencerEvent,
} from '../journal/index.js';
import type { ObservedJournal, ObservedJournals } from '../telemetry/index.js';
import { ProviderFailureWatch } from './boot/provider-failure-watch.js';
import { FeatureExplorer } from './features/feature.explorer.js';
import { assertedEventBus, findEventBuses } from './boot/event-bus.finder.js';
import { watchBootHooks } from './boot/boot-hook-failure-watch.js';
import { lateRegistration } from './features/late-registration.js';
import { hiddenJournal, journalNames, missingJournal } from './features/missing-journal.js';
import { ProjectionExplorer } from './features/projection.explorer.js';
import type { JournalHost } from './journal-host.js';

/** The open journals of one application. Closes them when the application shuts down or fails to start. */
@Injectable()
export class JournalRegistry
  implements
    ObservedJournals,
    OnModuleInit,
    OnApplicationBootstrap,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  private readonly hosts: JournalHost[] = [];
  /** Names of journals, by the real path of their directory. */
  private readonly directories = new Map<string, string>();
  private readonly watch: ProviderFailureWatch;
  private readonly logger = new Logger('FileJournalModule');
  private failed = false;
  /** The error that prevented a journal from opening, by journal name. */
  private readonly failures = new Map<string, unknown>();
  /** Instances of the projections that were registered at boot. */
  private readonly projections = new Set<object>();
  /** True after Nest has created all providers and projections are registered. */
  private isUp = false;
  private closedListeners: (() => void)[] = [];

  constructor(
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
  ) {
    this.watch = new ProviderFailureWatch(modules, () => this.abandon());
  }

  /**
   * Rejects a journal of a lazily loaded module, because Nest calls no hooks for it.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  assertBooting(name: string): void {
    if (this.isUp) throw lateRegistration('FileJournalModule.forRoot()', name);
  }

  /**
   * Reserves a directory for a journal.
   * @param option the option that names the directory
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) if another journal of the application uses it
   */
  claimDirectory(directory: string, name: string, option = 'directory'): void {
    const path = realPathOf(directory);
    const owner = this.directories.get(path);
    if (owner !== undefined && (owner !== name || option === 'directory')) {
      throw new InvalidOptionError(
        option,
        directory,
        `used by one journal only; "${name}" and "${owner}" both have it`,
      );
    }
    this.directories.set(path, name);
  }

  /** Adds an open journal. If the application has failed meanwhile, closes the journal and rejects. */
  async add(host: JournalHost): Promise<void> {
    this.hosts.push(host);
    if (this.failed) {
      await host.lifecycle.close();
      throw new JournalClosedError(
        `journal "${host.name}" was closed again: another part of the application failed to start`,
      );
    }
    this.watch.start();
  }

  /**
   * Closes all journals after the boot failed, in the factory of the journal `name` or elsewhere. Nest calls
   * no further hook.
   */
  async abandon(name?: string, failure?: unknown): Promise<void> {
    this.failed = true;
    if (name !== undefined) this.failures.set(name, failure);
    await this.closeAll();
  }

  /**
   * Throws an error with the reason why a registration has no host: the journal failed to open, does not
   * exist, or is not visible.
   * @param whose the registration, for the error message
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  refuseWithoutHost(journal: string, whose: string): never {
    if (this.failures.has(journal)) throw this.failures.get(journal);
    const names = journalNames(this.modules);
    throw names.includes(journal) ? hiddenJournal(whose, journal) : missingJournal(whose, journal, names);
  }

  isOwn(event: SequencerEvent): boolean {
    return this.hosts.some(({ queue }) => queue.hasSeen(event));
  }

  /**
   * Starts watching the boot hooks. Called after Nest has created all providers, before the first boot hook.
   */
  watchHooks(): void {
    this.watch.stop();
    if (this.hosts.length > 0) watchBootHooks(this.modules, () => this.abandon());
  }

  async onModuleInit(): Promise<void> {
    try {
      this.connectEventBuses();
      await this.registerProjections();
      this.isUp = true;
      this.checkLazyModules();
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /**
   * Starts the projections in the next turn of the event loop, because CqrsModule also binds its handlers in
   * this hook.
   */
  onApplicationBootstrap(): void {
    for (const host of this.hosts) if (host.autoStartsProjections) host.projections.startSoon();
  }

  observed(): readonly ObservedJournal[] {
    return this.hosts.map((host) => host.observed);
  }

  onClosed(listener: () => void): void {
    if (this.failed) listener();
    else this.closedListeners.push(listener);
  }

  /** Runs before HTTP closes: a request that never ends must not keep the journals open. */
  beforeApplicationShutdown(): void {
    for (const host of this.hosts) host.lifecycle.beginShutdown();
  }

  /** Runs after HTTP has closed, when no request can submit a command. */
  async onApplicationShutdown(): Promise<void> {
    this.watch.stop();
    await this.closeAll();
  }

  private connectEventBuses(): void {
    if (this.hosts.length === 0) return;
    const buses = findEventBuses(this.modules, true).map(assertedEventBus);
    for (const host of this.hosts) host.lifecycle.connect(buses);
    if (buses.length > 0) return;
    this.logger.warn('no EventBus found: journaled events are not published; import CqrsModule.forRoot()');
  }

  private async registerProjections(): Promise<void> {
    if (this.hosts.length === 0) return;
    const hosts = [...this.hosts];
    const explorer = new ProjectionExplorer(this.modules, this.moduleRef);
    const found = explorer.explore(hosts.map(({ name }) => name));
    for (const host of hosts) {
      for (const registration of found.get(host.name) ?? []) {
        host.projections.add(registration);
        this.projections.add(registration.instance);
      }
      await host.projections.register();
      host.lifecycle.startSnapshots();
    }
  }

  /** Makes `LazyModuleLoader.load` reject a module whose registrations would silently do nothing. */
  private checkLazyModules(): void {
    if (this.hosts.length === 0) return;
    const loader = this.moduleRef.get(LazyModuleLoader, { strict: false });
    const load = loader.load.bind(loader);
    const journals = this.hosts.map(({ name }) => name);
    loader.load = async (...module) => {
      const loaded = await load(...module);
      new FeatureExplorer(this.modules).assertNoBareAggregates();
      new ProjectionExplorer(this.modules, this.moduleRef).assertNoOthers(journals, this.projections);
      return loaded;
    };
  }

  private async closeAll(): Promise<void> {
    const results = await Promise.allSettled(this.hosts.map((host) => host.lifecycle.close()));
    for (const result of results) {
      if (result.status === 'rejected')
        this.logger.error('a journal did not close cleanly', describeThrown(result.reason));
    }
    for (const listener of this.closedListeners.splice(0)) listener();
  }
}

/**
 * The real path of a directory, or the path itself if it cannot be resolved: opening then fails later with
 * the reason.
 */
function realPathOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return resolve(directory);
  }
}
