import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const sourceRoot = join(dirname(fileURLToPath(import.meta.url)), '../../src');

/** Which folders a folder may import from; `types` only with `import type`. Dependencies point one way. */
const ALLOWED: Record<string, { readonly values: readonly string[]; readonly types?: readonly string[] }> = {
  journal: { values: [] },
  'durable-files': { values: ['journal'] },
  serialization: { values: ['journal'] },
  'in-memory-journal': { values: ['journal', 'serialization'] },
  telemetry: { values: ['journal'] },
  'file-journal': { values: ['journal', 'durable-files', 'serialization', 'telemetry'] },
  // Snapshots are lossless JSON too.
  replay: { values: ['journal', 'serialization', 'telemetry', 'durable-files'] },
  sequencer: { values: ['journal', 'replay', 'telemetry'], types: ['serialization'] },
  'domain-events': { values: ['journal', 'serialization'] },
  cqrs: { values: ['journal', 'replay', 'sequencer'], types: ['domain-events', 'serialization'] },
  aggregates: { values: ['journal', 'domain-events', 'replay'], types: ['sequencer', 'cqrs'] },
  projections: { values: ['journal', 'serialization', 'domain-events', 'durable-files'] },
  module: {
    values: [
      'projections',
      'telemetry',
      'journal',
      'serialization',
      'in-memory-journal',
      'file-journal',
      'replay',
      'sequencer',
      'domain-events',
      'cqrs',
      'aggregates',
    ],
  },
  // What an application asks about a journal from outside; the token of the module leads there, not an import.
  health: { values: ['journal', 'telemetry'] },
  metrics: { values: ['journal', 'telemetry'] },
  // The kit calls an application's classes as the application would: with the parts that do it there.
  testing: {
    values: [
      'journal',
      'serialization',
      'in-memory-journal',
      'file-journal',
      'sequencer',
      'domain-events',
      'aggregates',
      'projections',
      'module',
    ],
  },
};

const NATIVE = /^(?:koffi|mmap-io)(?:\/|$)/;
const NATIVE_FILES = /^file-journal\/(?:posix|mapped-file)[^/]*\.ts$/;
const NEST = /^(?:@nestjs\/|rxjs(?:\/|$)|reflect-metadata$)/;
const FILE_SYSTEM = /^(?:node:)?fs(?:\/|$)/;
const WITHOUT_NEST = [
  'journal',
  'durable-files',
  'telemetry',
  'serialization',
  'in-memory-journal',
  'file-journal',
  'testing',
];
const WITHOUT_FILE_SYSTEM = ['journal', 'telemetry', 'serialization', 'in-memory-journal'];

interface Import {
  /** Path of the importing file below src. */
  readonly from: string;
  readonly line: number;
  readonly specifier: string;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
}

const files = listSources();
const imports = files.flatMap((file) => importsOf(file));

describe('the folders of src', () => {
  test('are all under a rule', () => {
    expect(files.length).toBeGreaterThan(0);
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ''));
    expect([...folders].filter((folder) => !(folder in ALLOWED))).toEqual([]);
  });

  test.each(Object.keys(ALLOWED))('%s imports only what it may', (folder) => {
    const { values, types = [] } = ALLOWED[folder] ?? { values: [] };
    const wrong = relativeImports().filter((found) => {
      const target = folderOf(targetOf(found));
      if (folderOf(found.from) !== folder || target === folder) return false;
      return !values.includes(target) && !(found.typeOnly && types.includes(target));
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test('have no cycle', () => {
    const edges = new Map<string, Set<string>>();
    for (const found of relativeImports()) {
      const [from, to] = [folderOf(found.from), folderOf(targetOf(found))];
      if (from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
    }
    for (const folder of edges.keys()) expect([...reachableFrom(folder, edges)]).not.toContain(folder);
  });

  test('know nothing of the inside of file-journal', () => {
    const wrong = relativeImports().filter((found) => {
      const target = targetOf(found);
      return (
        folderOf(target) === 'file-journal' &&
        folderOf(found.from) !== 'file-journal' &&
        target !== 'file-journal/index.ts'
      );
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });
});

describe('what comes from outside', () => {
  test('native modules are imported by posix and mapped-file alone', () => {
    const native = imports.filter((found) => NATIVE.test(found.specifier));
    expect(native.filter((found) => !NATIVE_FILES.test(found.from)).map(describeImport)).toEqual([]);
  });

  test.each(WITHOUT_NEST)('%s does without NestJS', (folder) => {
    const wrong = imports.filter((found) => folderOf(found.from) === folder && NEST.test(found.specifier));
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test.each(WITHOUT_FILE_SYSTEM)('%s does without a file system', (folder) => {
    const wrong = imports.filter(
      (found) => folderOf(found.from) === folder && FILE_SYSTEM.test(found.specifier),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  // Fake timers of a test runner would stop what uses the global ones.
  test('timers and the monotonic clock come from real-timers alone', () => {
    const timer =
      /(?<![.\w'"`])((?:set|clear)(?:Timeout|Interval|Immediate)|queueMicrotask)\(|\b(process\.nextTick|performance\.now)\b/g;
    const wrong = files
      .filter((file) => file !== 'journal/real-timers.ts')
      .flatMap((file) => {
        const source = readFileSync(join(sourceRoot, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
        const used = [...source.matchAll(timer)].map(([, called, global]) => called ?? global ?? '');
        const imported = [
          ...source.matchAll(/import \{([^}]*)\} from '[^']*(?:journal\/index|real-timers)\.js'/g),
        ]
          .flatMap(([, names]) => (names ?? '').split(','))
          .map((name) => name.trim());
        return used.filter((name) => !imported.includes(name)).map((name) => `${file}: ${name}`);
      });
    const direct = imports.filter(
      (found) =>
        /^(?:node:)?(?:timers|perf_hooks)/.test(found.specifier) && found.from !== 'journal/real-timers.ts',
    );
    expect([...wrong, ...direct.map(describeImport)]).toEqual([]);
  });

  test('every imported package is a dependency or a peer', () => {
    const manifest = JSON.parse(readFileSync(join(sourceRoot, '../package.json'), 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >;
    const declared = ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {}),
    );
    const packages = imports
      .filter((found) => !/^(?:\.|node:)/.test(found.specifier))
      .filter((found) => !declared.includes(packageOf(found.specifier)));
    expect(packages.map(describeImport)).toEqual([]);
  });
});

describe('what both module systems need', () => {
  test('relative imports name the emitted file', () => {
    const wrong = relativeImports().filter(
      (found) => !found.specifier.endsWith('.js') || !existsSync(join(sourceRoot, targetOf(found))),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test('no file uses import.meta, require, __dirname or top-level await', () => {
    expect(files.flatMap((file) => moduleSystemUses(file))).toEqual([]);
  });
});

test('the index files of the package and of each folder only re-export', () => {
  const indexes = files.filter((file) => /^(?:[^/]+\/)?index\.ts$/.test(file));
  const wrong = indexes.filter((file) =>
    parse(file).statements.some(
      (statement) => !(ts.isExportDeclaration(statement) && statement.moduleSpecifier),
    ),
  );
  expect(wrong).toEqual([]);
});

function listSources(): string[] {
  return readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort();
}

function relativeImports(): Import[] {
  return imports.filter((found) => found.specifier.startsWith('.'));
}

/** First segment of the path; '' for files that lie in src itself. */
function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : '';
}

function targetOf(found: Import): string {
  const path = relative(sourceRoot, join(sourceRoot, dirname(found.from), found.specifier)).replaceAll(
    '\\',
    '/',
  );
  return path.replace(/\.js$/, '.ts');
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function describeImport(found: Import): string {
  return `src/${found.from}:${found.line} ${found.typeOnly ? 'import type' : 'import'} ${found.specifier}`;
}

function reachableFrom(folder: string, edges: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set<string>();
  const open = [folder];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const next of edges.get(current) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(next);
    }
  }
  return reached;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(
    file,
    readFileSync(join(sourceRoot, file), 'utf8'),
    ts.ScriptTarget.ES2022,
    true,
  );
}

function importsOf(file: string): Import[] {
  const source = parse(file);
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node, typeOnly: boolean) => {
    if (!ts.isStringLiteralLike(specifier)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push({ from: file, line, specifier: specifier.text, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isTypeOnlyImport(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier)
      add(node, node.moduleSpecifier, isTypeOnlyExport(node));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node, node.argument.literal, true);
    else if (ts.isCallExpression(node) && isModuleLoad(node) && node.arguments[0])
      add(node, node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTypeOnlyImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function isTypeOnlyExport(node: ts.ExportDeclaration): boolean {
  if (node.isTypeOnly) return true;
  const clause = node.exportClause;
  if (clause === undefined || !ts.isNamedExports(clause)) return false;
  return clause.elements.length > 0 && clause.elements.every((element) => element.isTypeOnly);
}

function isModuleLoad(node: ts.CallExpression): boolean {
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(node.expression) && node.expression.text === 'require';
}

function moduleSystemUses(file: string): string[] {
  const source = parse(file);
  const found: string[] = [];
  const report = (node: ts.Node, what: string) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push(`src/${file}:${line} ${what}`);
  };
  const visit = (node: ts.Node, inFunction: boolean): void => {
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
      report(node, 'import.meta');
    if (ts.isIdentifier(node) && ['__dirname', '__filename'].includes(node.text)) report(node, node.text);
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && isModuleLoad(node))
      report(node, 'require');
    if (ts.isAwaitExpression(node) && !inFunction) report(node, 'top-level await');
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node)));
  };
  visit(source, false);
  return found;
}
