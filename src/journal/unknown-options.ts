import { InvalidOptionError } from './errors.js';

/**
 * An option that nobody reads is a mistake: what it should have changed stays as it is.
 * @param prefix of the names, for options in options: `snapshots.`
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option, and the known one nearest to it
 */
export function rejectUnknownOptions(options: object, known: readonly string[], prefix = ''): void {
  for (const [name, value] of Object.entries(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest === null ? `known: ${known.join(', ')}` : `did you mean ${prefix}${nearest}?`;
    throw new InvalidOptionError(`${prefix}${name}`, value, `left out, there is no such option (${hint})`);
  }
}

/** The known name with the fewest edits, where so few are needed that it may be meant; null where none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  let fewest = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits >= fewest) continue;
    fewest = edits;
    nearest = candidate;
  }
  return nearest;
}

/** Levenshtein's distance: insertions, deletions and replacements of one character. */
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
