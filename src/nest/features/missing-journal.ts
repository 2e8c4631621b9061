import type { ModulesContainer } from '@nestjs/core';
import { InvalidOptionError } from '../../journal/index.js';
import { DEFAULT_JOURNAL_NAME } from '../file-journal.constants.js';
import { JournalRegistration } from './journal-registration.js';

/** Names of the journals that `forRoot` registers anywhere in the application. */
export function journalNames(modules: ModulesContainer): string[] {
  return registeredValues(modules, JournalRegistration.is).map(({ name }) => name);
}

/** Registrations of one kind in the scanned modules, before Nest creates any provider. */
export function registeredValues<T>(modules: ModulesContainer, is: (value: unknown) => value is T): T[] {
  const values: T[] = [];
  for (const { providers } of modules.values()) {
    for (const wrapper of providers.values()) {
      const value: unknown = wrapper.isNotMetatype ? wrapper.instance : undefined;
      if (is(value)) values.push(value);
    }
  }
  return values;
}

/** Creates the error for a registration that names a journal without a `forRoot`. */
export function missingJournal(whose: string, journal: string, known: readonly string[]): InvalidOptionError {
  const options = journal === DEFAULT_JOURNAL_NAME ? '{ directory }' : `{ name: '${journal}', directory }`;
  const others = known.length === 0 ? '' : `; known journals: ${known.join(', ')}`;
  return new InvalidOptionError(
    `journal of ${whose}`,
    journal,
    'registered',
    `${whose} needs the journal "${journal}", which does not exist: import FileJournalModule.forRoot(${options})${others}`,
  );
}

/** Creates the error for a registration in a module that cannot see its journal. */
export function hiddenJournal(whose: string, journal: string): InvalidOptionError {
  return new InvalidOptionError(
    `journal of ${whose}`,
    journal,
    'global',
    `${whose} cannot see the journal "${journal}": FileJournalModule.forRoot() was given isGlobal: false`,
  );
}
