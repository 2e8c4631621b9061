/** Comments wrap at 110 columns, as code does. */
import { describe, expect, test } from '@jest/globals';
import { filesBelow, readText } from '../support/sources.js';

const MAX_COLUMNS = 110;
/** A word that cannot be broken, such as an address or a type, may stand alone in a longer line. */
const UNBREAKABLE = /^\s*(?:\/?\*+|\/\/)?\s*(?:[-*] )?\S+$/;

const FILES = ['src', 'test', 'examples', 'bench', 'scripts'].flatMap((folder) =>
  filesBelow(folder, ['.ts', '.mts', '.mjs', '.cjs', '.js']),
);

/** Lines of comments wider than the limit, as `file:line`. */
function wideComments(file: string): string[] {
  return readText(file)
    .split('\n')
    .flatMap((line, index) =>
      line.length > MAX_COLUMNS && /^\s*(?:\/\*\*|\*|\/\/)/.test(line) && !UNBREAKABLE.test(line)
        ? [`${file}:${index + 1}`]
        : [],
    );
}

describe('comments', () => {
  test(`are at most ${MAX_COLUMNS} columns wide`, () => {
    expect(FILES.length).toBeGreaterThan(500);
    expect(FILES.flatMap(wideComments)).toEqual([]);
  });
});
