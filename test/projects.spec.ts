/** Each spec is in the right project of jest.config.js: see test/README.md. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

interface Project {
  readonly displayName: string;
  readonly testRegex: string;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const configuration = (await import(pathToFileURL(join(root, 'jest.config.js')).href)) as {
  readonly default: { readonly projects: readonly Project[] };
};
const { projects } = configuration.default;

const specs = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.spec.ts') && !path.includes('/node_modules/'))
  .sort();

/** What no fast or slow spec has, itself or through a file of the tests or examples that it imports. */
const FORBIDDEN: readonly [reason: string, pattern: RegExp][] = [
  ['starts processes', /^(?:node:)?(?:child_process|cluster)$/],
  ['needs the build', /^(?:(?:\.\.\/)+dist\/|dist\/(?:esm|cjs|examples))/],
  ['needs a kernel, root or tools', /\/support\/requirements\.js$/],
];

const texts = new Map<string, readonly string[]>();

/** Every string in a file that may be the name of a module or of a file; from the code, not from comments. */
function stringsOf(path: string): readonly string[] {
  let found = texts.get(path);
  if (found !== undefined) return found;
  const strings: string[] = [];
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2022);
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly === true) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) strings.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  found = strings;
  texts.set(path, found);
  return found;
}

function importedBy(path: string): string[] {
  return stringsOf(path)
    .filter((text) => /^\.{1,2}\/.*\.js$/.test(text))
    .map((text) => relative(root, join(root, dirname(path), text)).replace(/\.js$/, '.ts'))
    .filter((file) => /^(?:test|examples)\//.test(file) && existsSync(join(root, file)));
}

/** Why a spec is of another project, by the file that shows it. */
function reasonsAgainst(spec: string): string[] {
  const seen = new Set([spec]);
  for (const path of seen) for (const next of importedBy(path)) seen.add(next);
  return [...seen].flatMap((path) =>
    FORBIDDEN.filter(([, pattern]) => stringsOf(path).some((text) => pattern.test(text))).map(
      ([reason]) => `${spec} ${reason}: ${path}`,
    ),
  );
}

function projectsOf(spec: string): string[] {
  return projects
    .filter(({ testRegex }) => new RegExp(testRegex).test(join(root, spec)))
    .map(({ displayName }) => displayName);
}

describe('the projects of jest.config.js', () => {
  test('are these, and every spec is in one of them', () => {
    expect(projects.map(({ displayName }) => displayName)).toEqual([
      'fast',
      'repository',
      'slow',
      'process',
      'kernel',
    ]);
    expect(specs.length).toBeGreaterThan(150);
    expect(specs.filter((spec) => projectsOf(spec).length !== 1)).toEqual([]);
  });

  test.each(['fast', 'repository', 'slow'])(
    'a %s spec starts no process and needs neither a build nor root',
    (project) => {
      const found = specs.filter((spec) => projectsOf(spec)[0] === project);
      expect(found.flatMap(reasonsAgainst)).toEqual([]);
    },
  );

  test('a spec that is named after processes has a reason for it', () => {
    const named = specs.filter((spec) => spec.endsWith('.process.spec.ts'));
    expect(named.filter((spec) => reasonsAgainst(spec).length === 0)).toEqual([]);
  });
});
