import { AggregateIndex } from '../aggregates/index.js';
import { InvalidOptionError } from '../journal/index.js';
import { assertNameOfFiles } from '../common/index.js';
import type { RegisteredAggregate } from './feature-registration.js';

/** Minifiers begin with the shortest names; bundlers put a number behind a name that is taken. */
const BUNDLER_NAME = /^(?:.{0,2}|.*[$_]\d+)$/;

/**
 * Snapshots and events of aggregates are stored under the names of their classes. They must be there, distinct, and possible in the names
 * of files.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
 */
export function assertUsableNames(aggregates: readonly RegisteredAggregate[]): void {
  // On some file systems `Ledger` and `ledger` are one file.
  const owners = new Map<string, { readonly name: string }>([
    [AggregateIndex.targetName, { name: 'the index of aggregate roots' }],
  ]);
  for (const { name, aliases, type } of aggregates) {
    for (const stored of [name, ...aliases]) {
      assertNameOfFiles(`name of aggregate ${type.name}`, stored);
      const owner = owners.get(stored.toLowerCase());
      if (owner !== undefined && owner !== type) {
        throw new InvalidOptionError(
          'aggregate name',
          stored,
          `unique regardless of case; ${owner.name} has it. Set it with @JournalAggregate({ name })`,
        );
      }
      owners.set(stored.toLowerCase(), type);
    }
  }
}

/**
 * Class names that a minifier or bundler may have made: the next build may give them to other classes.
 * @returns a message for each, which says what to write
 */
export function unstableNames(aggregates: readonly RegisteredAggregate[]): InvalidOptionError[] {
  return aggregates
    .filter((aggregate) => !aggregate.isNamed && isStored(aggregate) && BUNDLER_NAME.test(aggregate.name))
    .map(
      ({ name }) =>
        new InvalidOptionError(
          `name of aggregate ${name}`,
          name,
          "given explicitly: @JournalAggregate({ name: '…' }) on the class. Its snapshots and events are stored under this name. A " +
            'minifier or bundler may have made this class name, and the next build may give it to another class',
        ),
    );
}

/** Whether anything is stored under the name. */
function isStored({ kind, type }: RegisteredAggregate): boolean {
  const { snapshot, restore } = type.prototype as Record<string, unknown>;
  return kind === 'root' || (typeof snapshot === 'function' && typeof restore === 'function');
}
