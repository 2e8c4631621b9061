import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { compilerOptions, projectRoot } from './snippets.js';

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly import: { readonly types: string } }>>;
}

/** The sources of what package.json exports. */
function entryPoints(): string[] {
  const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as Manifest;
  return Object.values(manifest.exports)
    .filter((target) => typeof target !== 'string')
    .map((target) => target.import.types.replace('./dist/esm/', 'src/').replace(/\.d\.ts$/, '.ts'));
}

/** Exports without a comment; of functions and types alike, wherever they are re-exported from. */
function undocumented(program: ts.Program, entryPoint: string): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(projectRoot, entryPoint));
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entryPoint} is no module`);
  return checker
    .getExportsOfModule(module)
    .filter((symbol) => commentOf(symbol, checker) === '')
    .map((symbol) => `${entryPoint}: ${symbol.name}`)
    .sort();
}

function commentOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return ts.displayPartsToString(original.getDocumentationComment(checker)).trim();
}

test('every export of the package says what it is', () => {
  const paths = entryPoints();
  expect(paths).toEqual(expect.arrayContaining(['src/index.ts', 'src/testing/index.ts']));
  const program = ts.createProgram(
    paths.map((path) => join(projectRoot, path)),
    compilerOptions(),
  );
  expect(paths.flatMap((path) => undocumented(program, path))).toEqual([]);
}, 600_000);
