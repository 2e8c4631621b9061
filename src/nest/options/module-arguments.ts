import type { DynamicModule, FactoryProvider, Provider } from '@nestjs/common';
import { InvalidOptionError } from '../../journal/index.js';
import { assertOptions, rejectUnknownOptions, type OptionNames } from '../../common/index.js';
import { validateJournalName } from './file-journal-options.validation.js';
import type { ASYNC_OPTIONS_TYPE } from '../file-journal.module-definition.js';
import type { FileJournalOptionsFactory } from './file-journal-options.js';

type AsyncOptions = typeof ASYNC_OPTIONS_TYPE;

const ASYNC_OPTIONS: OptionNames<AsyncOptions> = {
  imports: true,
  inject: true,
  useFactory: true,
  useClass: true,
  useExisting: true,
  provideInjectionTokensFrom: true,
  name: true,
  isGlobal: true,
};
const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) unless `forRoot` was given options */
export function assertRootOptions(options: unknown): void {
  assertArgument(
    'forRoot',
    options,
    "an object with at least a directory: forRoot({ directory: 'data/journal' })",
  );
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) unless there is exactly one source of the options */
export function assertAsyncOptions(options: AsyncOptions): void {
  assertArgument('forRootAsync', options, 'an object with useFactory, useClass or useExisting');
  assertOptions(options, ASYNC_OPTIONS, ' of forRootAsync()');
  const { useFactory, useClass } = options;
  const given = SOURCES.filter((source) => options[source] !== undefined);
  if (given.length !== 1)
    throw new InvalidOptionError(
      'useFactory',
      given.join(', '),
      'given, or useClass, or useExisting',
      `forRootAsync() needs one of useFactory, useClass and useExisting, got ${given.join(' and ') || 'none'}`,
    );
  if (useFactory !== undefined && typeof useFactory !== 'function')
    throw new InvalidOptionError('useFactory', useFactory, 'a function');
  if (useClass !== undefined && typeof useClass !== 'function')
    throw new InvalidOptionError('useClass', useClass, 'a class with createFileJournalOptions()');
}

/**
 * Rejects an instance of `useClass` or `useExisting` without `createFileJournalOptions()`, once Nest has
 * created it.
 */
export function withCheckedFactory(
  definition: DynamicModule,
  options: AsyncOptions,
  token: unknown,
): DynamicModule {
  if (options.useFactory !== undefined) return definition;
  return {
    ...definition,
    providers: definition.providers?.map((provider) =>
      isFactoryOf(provider, token) ? checked(provider) : provider,
    ),
  };
}

function checked(provider: FactoryProvider): FactoryProvider {
  return {
    ...provider,
    useFactory: (factory: Partial<FileJournalOptionsFactory> | undefined, ...rest: unknown[]): unknown => {
      if (typeof factory?.createFileJournalOptions === 'function')
        return provider.useFactory(factory, ...rest) as unknown;
      throw new InvalidOptionError('useClass', factory, 'a class with createFileJournalOptions()');
    },
  };
}

function isFactoryOf(provider: Provider, token: unknown): provider is FactoryProvider {
  return 'useFactory' in provider && provider.provide === token;
}

/**
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) unless these are classes, definitions, or an object
 * of both
 */
export function assertFeatures(features: unknown, journal: unknown): void {
  assertArgument('forFeature', features, 'a list of classes, or { aggregates, events }', true);
  if (journal !== undefined) validateJournalName(journal);
  if (Array.isArray(features)) return;
  const known = ['aggregates', 'events'];
  rejectUnknownOptions(features as object, known, '', ' of forFeature()');
  const { aggregates, events } = features as { aggregates?: unknown; events?: unknown };
  if (aggregates !== undefined && !Array.isArray(aggregates))
    throw new InvalidOptionError('aggregates of forFeature()', aggregates, 'a list of classes');
  if (events !== undefined && !Array.isArray(events))
    throw new InvalidOptionError('events of forFeature()', events, 'a list of classes');
}

/**
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) unless `argument` is an object, or a list where the
 * method accepts one
 */
function assertArgument(method: string, argument: unknown, expected: string, takesList = false): void {
  if (typeof argument === 'object' && argument !== null && (takesList || !Array.isArray(argument))) return;
  throw new InvalidOptionError(`argument of ${method}()`, argument, expected);
}
