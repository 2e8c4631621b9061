import type { InjectionToken, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { EventClassRegistry } from '../../events/index.js';
import { InvalidOptionError, type Journal } from '../../journal/index.js';
import { FileCheckpointStore } from '../../projections/index.js';
import { FileSnapshotStore } from '../../replay/index.js';
import { FeatureRegistration } from '../features/feature-registration.js';
import { getJournalToken } from '../file-journal.constants.js';
import type { FileJournalModuleOptions } from '../options/file-journal-options.js';
import { JournalRegistration } from '../features/journal-registration.js';
import { missingMethods } from './missing-journal-methods.js';

const BRAND = Symbol.for('nestjs-file-journal/factory');

/** Marks a factory of this package, so that a replacement by a test can be detected. */
export function branded<T extends (...args: never[]) => unknown>(factory: T): T {
  return Object.defineProperty(factory, BRAND, { value: true });
}

/** A provider of this package that `overrideProvider()` of @nestjs/testing has replaced. */
export interface OverriddenProvider {
  readonly token: InjectionToken;
  readonly value: unknown;
}

/** The part of Nest's InstanceWrapper used here. */
interface Wrapper {
  readonly metatype: unknown;
  readonly instance: unknown;
}

/**
 * Finds the providers of a journal that a test has overridden, in the modules of `forRoot` and `forFeature`.
 */
export function findOverridden(modules: ModulesContainer, journal: string): OverriddenProvider[] {
  const found: OverriddenProvider[] = [];
  for (const { providers } of modules.values()) {
    for (const wrapper of providers.values()) {
      const value: unknown = wrapper.isNotMetatype ? wrapper.instance : undefined;
      for (const token of tokensOf(value, journal)) {
        const provider = providers.get(token) as Wrapper | undefined;
        if (provider !== undefined && !isOurs(provider)) found.push({ token, value: provider.instance });
      }
    }
  }
  return found;
}

/**
 * Returns options that keep a test from writing to the disk. An overridden journal replaces the one that the
 * options describe.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) if the journal would still open its files for writing
 */
export function withOverridden(
  options: FileJournalModuleOptions,
  overridden: readonly OverriddenProvider[],
  aliases: readonly InjectionToken[],
  name: string,
): FileJournalModuleOptions {
  const replaced = overridden.find(({ token }) => token === getJournalToken(name) || aliases.includes(token));
  if (replaced === undefined) {
    const [first] = overridden;
    if (first !== undefined && typeof options.journal !== 'function') throw refusal(first.token, options);
    return options;
  }
  assertJournal(replaced);
  const { snapshots, projections } = options;
  return {
    ...options,
    directory: undefined,
    journal: () => replaced.value as Journal,
    snapshots: typeof snapshots === 'object' ? offDisk(snapshots, 'store', FileSnapshotStore) : snapshots,
    projections: offDisk(projections ?? {}, 'checkpointStore', FileCheckpointStore),
  };
}

/**
 * Removes the directory and the file store: a test must not overwrite snapshots and checkpoints of the real
 * journal.
 */
function offDisk<T extends { readonly directory?: string }, K extends keyof T>(
  options: T,
  storeOption: K,
  fileStore: Type,
): T {
  const store = options[storeOption];
  return { ...options, directory: undefined, [storeOption]: store instanceof fileStore ? undefined : store };
}

/**
 * Rejects event classes for an overridden journal. Such a journal cannot decode instances, because it was not
 * opened with the codec of the module.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
 */
export function assertReadsInstances(events: EventClassRegistry): void {
  if (events.isEmpty) return;
  throw new InvalidOptionError(
    'events',
    null,
    'left out',
    `overrideProvider() gave a journal whose codec does not know the event classes of the application. ${REMEDY}`,
  );
}

function tokensOf(value: unknown, journal: string): readonly InjectionToken[] {
  if (JournalRegistration.is(value)) return value.name === journal ? value.tokens : [];
  return FeatureRegistration.is(value) ? value.tokensOf(journal) : [];
}

function isOurs({ metatype }: Wrapper): boolean {
  return typeof metatype === 'function' && BRAND in metatype;
}

function assertJournal({ token, value }: OverriddenProvider): void {
  const missing = missingMethods(value);
  if (missing?.length === 0) return;
  const what = missing === null ? 'useValue has none' : `it lacks ${missing.join('(), ')}()`;
  throw new InvalidOptionError(
    'journal',
    value,
    'a Journal',
    `overrideProvider(${nameOf(token)}) needs useValue with a complete Journal, such as an InMemoryJournal; ${what}. ${REMEDY}`,
  );
}

const REMEDY =
  'A test of the application replaces the module that imports FileJournalModule.forRoot(): ' +
  'overrideModule(JournalModule).useModule(FileJournalModule.forTesting())';

function refusal(token: InjectionToken, { directory }: FileJournalModuleOptions): InvalidOptionError {
  return new InvalidOptionError(
    'directory',
    directory,
    'left out',
    `overrideProvider(${nameOf(token)}) would leave the journal in ${directory} open for writing. ${REMEDY}; then override the rest`,
  );
}

function nameOf(token: InjectionToken): string {
  return typeof token === 'function' ? token.name : String(token);
}
