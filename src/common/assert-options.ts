import { InvalidArgumentError, InvalidOptionError } from '../journal/index.js';

/** All names of an options interface. A missing name does not compile. */
export type OptionNames<T> = Readonly<Record<keyof Required<T>, true>>;

/**
 * Rejects unknown options of a configuration: a typo would otherwise be ignored silently.
 * @param prefix of the names, for options in options: `snapshots.`
 * @param owner the object that the options belong to, if there are several: ` of projection balances`
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option, and the nearest known one
 */
export function rejectUnknownOptions(
  options: object,
  known: readonly string[],
  prefix = '',
  owner = '',
): void {
  for (const name in options) {
    if (known.includes(name)) continue;
    const value = (options as Record<string, unknown>)[name];
    const message = describeUnknown(name, known, prefix, owner);
    throw new InvalidOptionError(`${prefix}${name}${owner}`, value, 'left out', message);
  }
}

/**
 * Checks the options of something that is configured once: a module, a store, a decorator.
 * @param owner as for {@link rejectUnknownOptions}
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) unless they are an object with known names only
 */
export function assertOptions<T>(options: unknown, known: OptionNames<T>, owner = ''): void {
  assertOptionNames(options, Object.keys(known), owner);
}

/** As {@link assertOptions}, for a list of names. */
export function assertOptionNames(options: unknown, known: readonly string[], owner = ''): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidOptionError(`options${owner}`, options, 'an object');
  rejectUnknownOptions(options, known, '', owner);
}

/**
 * Checks the options of a method call; undefined means no options. Allocates nothing, because it runs with
 * every `submit` and `readFrom`.
 * @param known an object with the known names as keys
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) unless they are an object with known names only
 */
export function assertCallOptions(options: unknown, known: Readonly<Record<string, unknown>>): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidArgumentError('options', options, 'an object');
  for (const name in options) {
    if (Object.hasOwn(known, name)) continue;
    const value = (options as Record<string, unknown>)[name];
    throw new InvalidArgumentError(name, value, 'left out', describeUnknown(name, Object.keys(known)));
  }
}

/** Checks that a value is a function. @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) */
export function assertCallback(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new InvalidArgumentError(name, value, 'a function');
}

function describeUnknown(name: string, known: readonly string[], prefix = '', owner = ''): string {
  const nearest = nearestName(name, known);
  const hint =
    nearest === null ? `known options: ${known.join(', ')}` : `did you mean "${prefix}${nearest}"?`;
  return `unknown option "${prefix}${name}"${owner}; ${hint}`;
}

/** The known name with the fewest edits, if it is close enough to be a typo; null otherwise. */
function nearestName(name: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  // Two swapped letters are two edits.
  let fewest = Math.max(name.length < 4 ? 1 : 2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits >= fewest) continue;
    fewest = edits;
    nearest = candidate;
  }
  return nearest;
}

/** The Levenshtein distance: insertions, deletions and replacements of one character. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    previous = row;
  }
  return previous[b.length] as number;
}
