import { describe, expect, test } from '@jest/globals';
import { compile, documents, parseSnippets, readSnippets, writeProgram } from './snippets.js';

const MARKDOWN = `
<!-- preamble
declare const answer: number;
-->

\`\`\`ts
// src/one.ts
export const one = 1;
\`\`\`

\`\`\`ts
const text: string = answer;
\`\`\`

\`\`\`sh
ls
\`\`\`

\`\`\`ts
// src/two.ts
import { one } from './one.js';
export const two: number = one + one;
export const wrong: string = two;
\`\`\`
`;

describe('the snippets of a document', () => {
  test('are files that import each other, and fragments', () => {
    const { snippets, preamble } = parseSnippets('some.md', MARKDOWN);
    expect(snippets.map(({ line, path }) => ({ line, path }))).toEqual([
      { line: 7, path: 'src/one.ts' },
      { line: 12, path: null },
      { line: 20, path: 'src/two.ts' },
    ]);
    expect(preamble).toBe('declare const answer: number;\n');
  });

  test('that do not compile are named with document and line', () => {
    expect(compile([writeProgram(parseSnippets('some.md', MARKDOWN))])).toEqual([
      `some.md:12: Type 'number' is not assignable to type 'string'.`,
      `some.md:23: Type 'number' is not assignable to type 'string'.`,
    ]);
  }, 600_000);
});

test('every snippet of the README and the guides compiles against the package', () => {
  const programs = documents().map((document) => writeProgram(readSnippets(document)));
  expect(compile(programs)).toEqual([]);
  expect(programs.reduce((count, { files }) => count + files.size, 0)).toBeGreaterThan(20);
}, 600_000);
