import { AggregateIndex } from '../../aggregates/index.js';
import { InvalidOptionError } from '../../journal/index.js';
import { assertFileName } from '../../common/index.js';
import type { RegisteredAggregate } from './feature-registration.js';

/** Names that a minifier (short names) or a bundler (names that end in a number) generates. */
const BUNDLER_NAME = /^(?:.{0,2}|.*[$_]\d+)$/;

/**
 * Checks the names under which snapshots and events of aggregates are stored. Each name must be present,
 * unique, and usable as a file name.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
 */
export function assertUsableNames(aggregates: readonly RegisteredAggregate[]): void {
  // On some file systems `Ledger` and `ledger` are one file.
  const owners = new Map<string, { readonly name: string }>([
    [AggregateIndex.targetName, { name: 'the index of aggregate roots' }],
  ]);
  for (const { name, aliases, type } of aggregates) {
    for (const stored of [name, ...aliases]) {
      assertFileName(`name of aggregate ${type.name}`, stored);
      const owner = owners.get(stored.toLowerCase());
      if (owner !== undefined && owner !== type) {
        throw new InvalidOptionError(
          'aggregate name',
          stored,
          `unique regardless of case; ${owner.name} has it. Set it with @JournalAggregate(name)`,
        );
      }
      owners.set(stored.toLowerCase(), type);
    }
  }
}

/**
 * Finds class names that a minifier or bundler may have generated. The next build may give them to other
 * classes.
 * @returns an error for each, with the fix in its message
 */
export function unstableNames(aggregates: readonly RegisteredAggregate[]): InvalidOptionError[] {
  return aggregates
    .filter((aggregate) => !aggregate.isNamed && isStored(aggregate) && BUNDLER_NAME.test(aggregate.name))
    .map(
      ({ name }) =>
        new InvalidOptionError(
          `name of aggregate ${name}`,
          name,
          "given explicitly: @JournalAggregate('…') on the class. Its snapshots and events are stored under this name. A " +
            'minifier or bundler may have made this class name, and the next build may give it to another class',
        ),
    );
}

/** Whether the journal or a snapshot store keeps anything under the name of this aggregate. */
function isStored({ kind, type }: RegisteredAggregate): boolean {
  const { snapshot, restore } = type.prototype as Record<string, unknown>;
  return kind === 'root' || (typeof snapshot === 'function' && typeof restore === 'function');
}
