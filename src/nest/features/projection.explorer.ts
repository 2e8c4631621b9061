import type { ModuleRef, ModulesContainer } from '@nestjs/core';
import { CommandBus, type ICommand } from '@nestjs/cqrs';
import { InvalidOptionError } from '../../journal/index.js';
import {
  getProjectionMetadata,
  isCheckpointStore,
  type CheckpointStore,
  type CommandSender,
  type ProjectionMetadata,
  type ProjectionRegistration,
} from '../../projections/index.js';
import { DEFAULT_JOURNAL_NAME } from '../file-journal.constants.js';
import { lateRegistration } from './late-registration.js';
import { missingJournal } from './missing-journal.js';

/** Finds the providers with `@Projection()` or `@ProcessManager()`, after Nest has created all providers. */
export class ProjectionExplorer {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * @returns the projections of each journal
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  explore(journals: readonly string[]): ReadonlyMap<string, readonly ProjectionRegistration[]> {
    const found = new Map<string, ProjectionRegistration[]>(journals.map((name) => [name, []]));
    let commandBus: CommandSender | null | undefined;
    for (const { providers } of this.modules.values()) {
      for (const wrapper of providers.values()) {
        const metadata = getProjectionMetadata(wrapper.metatype);
        if (metadata === undefined || wrapper.token !== wrapper.metatype) continue;
        const { journal = DEFAULT_JOURNAL_NAME } = metadata.options;
        const registrations = found.get(journal);
        if (registrations === undefined)
          throw missingJournal(`projection ${metadata.name}`, journal, journals);
        if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient)
          throw new InvalidOptionError(
            `projection ${metadata.name}`,
            wrapper.metatype,
            'a singleton, without dependencies on the request',
          );
        const instance = wrapper.instance as object;
        // Others send no commands on the bus: a test may have replaced it with anything.
        if (metadata.kind === 'process-manager' && !('send' in instance))
          commandBus ??= this.findCommandBus();
        registrations.push({ metadata, instance, checkpointStore: this.storeOf(metadata), commandBus });
      }
    }
    return found;
  }

  /**
   * Rejects projections of a lazily loaded module. Nest calls no hooks for such a module, and the entries
   * that its projections need may already be archived.
   * @param registered instances of the projections at boot
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  assertNoOthers(journals: readonly string[], registered: ReadonlySet<object>): void {
    for (const [journal, registrations] of this.explore(journals)) {
      const late = registrations.find(({ instance }) => !registered.has(instance));
      if (late !== undefined) throw lateRegistration(`the projection ${late.metadata.name}`, journal);
    }
  }

  private storeOf({ name, options }: ProjectionMetadata): CheckpointStore | undefined {
    const { checkpointStore: token } = options;
    if (token === undefined) return undefined;
    const store: unknown = this.moduleRef.get(token, { strict: false });
    if (isCheckpointStore(store)) return store;
    throw new InvalidOptionError(
      `checkpointStore of projection ${name}`,
      store,
      'the provider of a CheckpointStore',
    );
  }

  /**
   * The first CommandBus, which may be a mock in a test; null if there is none.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) if it lacks `execute()`
   */
  private findCommandBus(): CommandSender | null {
    for (const { providers } of this.modules.values()) {
      const wrapper = providers.get(CommandBus);
      if (wrapper === undefined) continue;
      const bus = wrapper.instance as Pick<CommandBus, 'execute'> | null | undefined;
      if (typeof bus?.execute === 'function') return (command) => bus.execute(command as ICommand);
      throw new InvalidOptionError(
        'provider CommandBus',
        bus,
        'a CommandBus',
        'the provider of CommandBus lacks execute(), which process managers need. A test that overrides it gives execute(), ' +
          "or keeps the real bus and spies on it: jest.spyOn(commandBus, 'execute')",
      );
    }
    return null;
  }
}
