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
import { BootWatch } from './boot-watch.js';
import { FeatureExplorer } from './feature.explorer.js';
import { findEventBuses } from './event-bus.finder.js';
import { watchBootHooks } from './hook-watch.js';
import { lateRegistration } from './late-registration.js';
import { hiddenJournal, journalNames, missingJournal } from './missing-journal.js';
import { ProjectionExplorer } from './projection.explorer.js';
import type { JournalHost } from './journal-host.js';

/**
 * The open journals of one application, and their end: whether it shuts down, or never comes up.
 */
@Injectable()
export class JournalRegistry
  implements
    ObservedJournals,
    OnModuleInit,
    OnApplicationBootstrap,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  private readonly hosts = new Set<JournalHost>();
  /** Real path to the name of its journal. */
  private readonly directories = new Map<string, string>();
  private readonly watch: BootWatch;
  private readonly logger = new Logger('FileJournalModule');
  private failed = false;
  /** Why a journal could not be opened, by its name. */
  private readonly failures = new Map<string, unknown>();
  /** Instances of the projections that were there at boot. */
  private readonly projections = new Set<object>();
  /** The providers are made, and projections are registered. */
  private isUp = false;
  private closedListeners: (() => void)[] = [];

  constructor(
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
  ) {
    this.watch = new BootWatch(modules, () => this.abandon());
  }

  /** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for a journal of a lazily loaded module: Nest calls no hooks for it */
  assertBooting(name: string): void {
    if (this.isUp) throw lateRegistration('FileJournalModule.forRoot()', name);
  }

  /**
   * @param option the option that gives the directory
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) when another journal of the application has it
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

  /** Takes care of an open journal. Rejects, with the journal closed, when the application has failed meanwhile. */
  async add(host: JournalHost): Promise<void> {
    this.hosts.add(host);
    if (this.failed) {
      await host.close();
      throw new JournalClosedError(
        `journal "${host.name}" was closed again: another part of the application failed to start`,
      );
    }
    this.watch.start();
  }

  /** The boot failed, in the factory of the journal `name` or elsewhere. Nest gives up, and calls no further hook. */
  async abandon(name?: string, failure?: unknown): Promise<void> {
    this.failed = true;
    if (name !== undefined) this.failures.set(name, failure);
    await this.closeAll();
  }

  /**
   * Throws why `whose` registration has no journal: the failure of that journal, or that there is none it can see.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  refuseWithoutHost(journal: string, whose: string): never {
    if (this.failures.has(journal)) throw this.failures.get(journal);
    const names = journalNames(this.modules);
    throw names.includes(journal) ? hiddenJournal(whose, journal) : missingJournal(whose, journal, names);
  }

  isOwn(event: SequencerEvent): boolean {
    for (const { queue } of this.hosts) if (queue.hasSeen(event)) return true;
    return false;
  }

  /** All providers are made; from now on a hook may fail. Before anybody's is called. */
  watchHooks(): void {
    this.watch.stop();
    if (this.hosts.size > 0) watchBootHooks(this.modules, () => this.abandon());
  }

  async onModuleInit(): Promise<void> {
    const buses = findEventBuses(this.modules);
    for (const host of this.hosts) host.connect(buses);
    if (buses.length === 0 && this.hosts.size > 0) {
      this.logger.warn(
        'no EventBus found: journaled events are published nowhere; import CqrsModule.forRoot()',
      );
    }
    try {
      await this.registerProjections();
      this.isUp = true;
      this.checkLazyModules();
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /** Handlers of the buses are bound in this hook, too: projections begin in the next turn. */
  onApplicationBootstrap(): void {
    for (const host of this.hosts) if (host.autoStartsProjections) host.projections.startSoon();
  }

  observed(): readonly ObservedJournal[] {
    return [...this.hosts].map((host) => host.observed);
  }

  onClosed(listener: () => void): void {
    if (this.failed) listener();
    else this.closedListeners.push(listener);
  }

  /** Before HTTP closes: a request that never ends must not keep the journals. */
  beforeApplicationShutdown(): void {
    for (const host of this.hosts) host.beginShutdown();
  }

  /** After HTTP has closed: nobody submits any more. */
  async onApplicationShutdown(): Promise<void> {
    this.watch.stop();
    await this.closeAll();
  }

  private async registerProjections(): Promise<void> {
    if (this.hosts.size === 0) return;
    const hosts = [...this.hosts];
    const explorer = new ProjectionExplorer(this.modules, this.moduleRef);
    const found = explorer.explore(hosts.map(({ name }) => name));
    for (const host of hosts) {
      for (const registration of found.get(host.name) ?? []) {
        host.projections.add(registration);
        this.projections.add(registration.instance);
      }
      await host.projections.register();
      host.startSnapshots();
    }
  }

  /** Has `load` reject for a module with something that would silently do nothing. */
  private checkLazyModules(): void {
    if (this.hosts.size === 0) return;
    const loader = this.moduleRef.get(LazyModuleLoader, { strict: false });
    const load = loader.load.bind(loader);
    const journals = [...this.hosts].map(({ name }) => name);
    loader.load = async (...module) => {
      const loaded = await load(...module);
      new FeatureExplorer(this.modules).assertNoBareAggregates();
      new ProjectionExplorer(this.modules, this.moduleRef).assertNoOthers(journals, this.projections);
      return loaded;
    };
  }

  private async closeAll(): Promise<void> {
    const results = await Promise.allSettled([...this.hosts].map((host) => host.close()));
    for (const result of results) {
      if (result.status === 'rejected')
        this.logger.error('a journal did not close cleanly', describeThrown(result.reason));
    }
    for (const listener of this.closedListeners.splice(0)) listener();
  }
}

/** Where the path cannot be followed, opening says why. */
function realPathOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return resolve(directory);
  }
}
