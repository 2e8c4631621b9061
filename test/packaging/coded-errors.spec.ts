import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const SRC = resolve('src');

/** Places that make an error without a code, and why none of them reaches a caller as it is. */
const UNCODED: Readonly<Record<string, string>> = {
  'sequencer/command-loop.ts': 'the cause of a SequencerInterruptedError',
  'sequencer/submit-telemetry.ts': 'for listeners of telemetry, where the aggregate threw undefined',
  'journal/describe-thrown.ts': 'a value that the application threw, made an error',
  'projections/projection-loop.ts': 'the reason of an inner signal, which is compared and dropped',
  'aggregates/event-chain-store.ts': 'the cause of a ReplayFailedError',
  'aggregates/index-state.ts': 'the cause of a ReplayFailedError',
  'common/varint.ts': 'the cause of a ReplayFailedError',
  'nest/testing/in-memory-disk.ts': 'the cause of a JournalPoisonedError',
  'events/upcasters.ts': 'the cause of an EventUpcastError',
  'serialization/classes/big-int-field.ts': 'the cause of a DeserializationError',
  'serialization/classes/class-conversion.ts': 'the cause of a DeserializationError',
};

/**
 * Places that call the file system; each turns what it throws into an error with a code, or does not let it
 * out.
 */
const FILE_SYSTEM: Readonly<Record<string, string>> = {
  'cli/commands/import.ts': 'reads the file to import; every call becomes an IoError',
  'cli/entries/new-directory.ts': 'every call becomes an IoError',
  'cli/new-file.ts': 'every call becomes an IoError',
  'cli/small-files.ts': 'IoError',
  'cli/writer-text.ts': 'caught: the command line is not shown',
  'file-journal/os/drop-page-cache.ts': 'called by file-system.ts',
  'file-journal/backup/places.ts': 'IoError',
  'file-journal/measure-storage.ts': 'IoError',
  'file-journal/inspect/journal-files.ts': 'IoError',
  'file-journal/inspect/journal-owner.ts': 'IoError',
  'file-journal/recover/lock-holder.ts': 'caught: the holder is unknown',
  'file-journal/os/file-system.ts': 'IoError',
  'nest/boot/package-of.ts': 'caught: for an error message only',
  'nest/journal-registry.service.ts': 'caught: opening the directory says why',
  'common/durable-directory.ts': 'IoError',
};

const NATIVE = new Set(['Error', 'TypeError', 'RangeError', 'SyntaxError', 'AggregateError', 'EvalError']);

interface Source {
  readonly name: string;
  readonly tree: ts.SourceFile;
}

/** Not the kit for tests: what it throws are assertions. */
const sources: Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('testing'))
  .map((name) => ({
    name: relative(SRC, join(SRC, name)),
    tree: ts.createSourceFile(name, readFileSync(join(SRC, name), 'utf8'), ts.ScriptTarget.Latest, true),
  }));

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  node.forEachChild((child) => visit(child, look));
}

/** Names of the classes that extend JournalError, directly or not. */
function codedClasses(): Set<string> {
  const parents = new Map<string, string>();
  for (const { tree } of sources)
    visit(tree, (node) => {
      if (!ts.isClassDeclaration(node) || node.name === undefined) return;
      const parent = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
      if (parent?.types[0] !== undefined) parents.set(node.name.text, parent.types[0].expression.getText());
    });
  const isCoded = (name: string | undefined): boolean =>
    name === 'JournalError' || (name !== undefined && isCoded(parents.get(name)));
  return new Set([...parents.keys()].filter(isCoded));
}

describe('An error that reaches a caller has a code', () => {
  it('errors without one are made in known places only', () => {
    const found = new Set<string>();
    for (const { name, tree } of sources)
      visit(tree, (node) => {
        if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return;
        if (NATIVE.has(node.expression.getText())) found.add(name);
      });
    expect([...found].sort()).toEqual(Object.keys(UNCODED).sort());
  });

  it('what is thrown as new is a JournalError', () => {
    const coded = codedClasses();
    expect(coded.size).toBeGreaterThan(25);
    const others: string[] = [];
    for (const { name, tree } of sources)
      visit(tree, (node) => {
        if (!ts.isThrowStatement(node) || !ts.isNewExpression(node.expression)) return;
        const thrown = node.expression.expression.getText();
        if (!coded.has(thrown) && !(name in UNCODED)) others.push(`${name}: ${thrown}`);
      });
    expect(others).toEqual([]);
  });

  it('the file system is called in known places only', () => {
    const found = new Set<string>();
    for (const { name, tree } of sources)
      for (const statement of tree.statements) {
        if (!ts.isImportDeclaration(statement) || statement.importClause?.isTypeOnly === true) continue;
        const from = (statement.moduleSpecifier as ts.StringLiteral).text;
        if (/^node:fs(\/promises)?$/.test(from)) found.add(name);
      }
    expect([...found].sort()).toEqual(Object.keys(FILE_SYSTEM).sort());
  });
});
