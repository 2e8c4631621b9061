import { InvalidOptionError } from '../../journal/index.js';

/** Creates the error for a registration in a lazily loaded module, after the journal was replayed. */
export function lateRegistration(what: string, journal: string): InvalidOptionError {
  return new InvalidOptionError(
    what,
    journal,
    'registered at boot',
    `${what} was not registered when the journal "${journal}" was opened and replayed. A lazily loaded module cannot add it: ` +
      'import that module in the AppModule, or in a module that the AppModule imports',
  );
}
