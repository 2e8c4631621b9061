import type { Type } from '@nestjs/common';

/**
 * Name of the journal that `forRoot()` without a name opens.
 * @publicApi
 */
export const DEFAULT_JOURNAL_NAME = 'default';

// Symbol.for gives the ESM and the CJS build of this package the same tokens in one process.

/** Injection token of a journal. @publicApi */
export function getJournalToken(name: string = DEFAULT_JOURNAL_NAME): symbol {
  return Symbol.for(`nestjs-file-journal/journal/${name}`);
}

/** Injection token of a journal's Sequencer. @publicApi */
export function getSequencerToken(name: string = DEFAULT_JOURNAL_NAME): symbol {
  return Symbol.for(`nestjs-file-journal/sequencer/${name}`);
}

/** Injection token of a journal's ReplayService. @publicApi */
export function getReplayServiceToken(name: string = DEFAULT_JOURNAL_NAME): symbol {
  return Symbol.for(`nestjs-file-journal/replay/${name}`);
}

/** Injection token of a journal's SnapshotManager. @publicApi */
export function getSnapshotManagerToken(name: string = DEFAULT_JOURNAL_NAME): symbol {
  return Symbol.for(`nestjs-file-journal/snapshots/${name}`);
}

/** Injection token of a journal's ProjectionsService. @publicApi */
export function getProjectionsServiceToken(name: string = DEFAULT_JOURNAL_NAME): symbol {
  return Symbol.for(`nestjs-file-journal/projections/${name}`);
}

/** Injection token of a journal's WriteAheadPublisher. @publicApi */
export function getWriteAheadPublisherToken(name: string = DEFAULT_JOURNAL_NAME): symbol {
  return Symbol.for(`nestjs-file-journal/publisher/${name}`);
}

/**
 * Injection token of the repository of an aggregate root. Classes of the same name have different tokens.
 * @publicApi
 */
export function getAggregateRepositoryToken(type: Type, name: string = DEFAULT_JOURNAL_NAME): symbol {
  const tokens = repositoryTokens();
  let ofType = tokens.get(type);
  if (ofType === undefined) tokens.set(type, (ofType = new Map()));
  let token = ofType.get(name);
  if (token === undefined) {
    // The name of the class is for Nest's error messages only.
    token = Symbol(`nestjs-file-journal/repository/${name}/${type.name}`);
    ofType.set(name, token);
  }
  return token;
}

type RepositoryTokens = WeakMap<Type, Map<string, symbol>>;

const REPOSITORY_TOKENS = Symbol.for('nestjs-file-journal/repository-tokens');

/** Stored on the global object, the only place that all copies of this package share. */
function repositoryTokens(): RepositoryTokens {
  const shared = globalThis as { [REPOSITORY_TOKENS]?: RepositoryTokens };
  return (shared[REPOSITORY_TOKENS] ??= new WeakMap());
}

/** Injection token of a JournalHost. The providers of the public tokens are views of the host. */
export function getJournalHostToken(name: string): symbol {
  return Symbol.for(`nestjs-file-journal/host/${name}`);
}
