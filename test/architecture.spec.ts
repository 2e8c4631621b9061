import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const sourceRoot = join(dirname(fileURLToPath(import.meta.url)), '../src');

/**
 * The rooms of src, the lowest first: a room imports only rooms above it in this list, types included, and
 * only through their index.ts. A folder inside a room is a room of its own where it is listed.
 */
const ROOMS = [
  'journal',
  'common',
  'journal-kit',
  'telemetry',
  'telemetry/health',
  'telemetry/metrics',
  'telemetry/prometheus',
  'telemetry/opentelemetry',
  'serialization',
  'serialization/classes',
  'order-book',
  'file-journal',
  'in-memory-journal',
  'replication',
  'replication/jetstream',
  'replay',
  'events/envelope',
  'events',
  'sequencer',
  'cqrs',
  'aggregates',
  'projections',
  'nest',
  'testing',
  'cli',
] as const;

/**
 * The folders inside file-journal, the lowest first, as for {@link ROOMS}; they import each other's files
 * directly. `segment` holds every way to the bytes of one segment, live, archived or compressed, and the
 * cursor over its entries. `recover` hands over what it opened, and does not know what will write it.
 * `archive` comes last: it takes segments out of a journal that is being written, and no read, recovery or
 * append needs it. `backup` only reads a journal, and writes another directory. `inspect` is not listed:
 * like the files beside the folders, it uses all of them.
 */
const ENGINE_ROOMS = ['os', 'format', 'segment', 'read', 'recover', 'write', 'archive', 'backup'] as const;

/** Still to untie; the lists only shrink. */
const UPWARD: readonly string[] = [];

const NATIVE = /^(?:koffi|mmap-io)(?:\/|$)/;
const NATIVE_ROOM = 'file-journal/os/';
const NEST = /^(?:@nestjs\/|rxjs(?:\/|$)|reflect-metadata$)/;
const FILE_SYSTEM = /^(?:node:)?fs(?:\/|$)/;
const WITHOUT_NEST = [
  'journal',
  'common',
  'journal-kit',
  'telemetry',
  'serialization',
  'serialization/classes',
  'order-book',
  'in-memory-journal',
  'file-journal',
  'replication',
  'replication/jetstream',
  'testing',
];
const WITHOUT_FILE_SYSTEM = [
  'journal',
  'journal-kit',
  'telemetry',
  'serialization',
  'serialization/classes',
  'order-book',
  'in-memory-journal',
];

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

describe('the rooms of src', () => {
  test('are all in the list', () => {
    expect(files.length).toBeGreaterThan(0);
    const folders = new Set(files.map(roomOf).filter((folder) => folder !== ''));
    expect([...folders].sort()).toEqual([...ROOMS].sort());
  });

  test.each(ROOMS)('%s imports only what lies below it', (room) => {
    const below = ROOMS.slice(0, ROOMS.indexOf(room));
    const wrong = betweenRooms().filter(
      (found) => roomOf(found.from) === room && !below.some((lower) => lower === roomOf(targetOf(found))),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test('are entered through their index.ts', () => {
    const wrong = betweenRooms().filter((found) => targetOf(found) !== `${roomOf(targetOf(found))}/index.ts`);
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test('the folders of the engine import only what lies below them', () => {
    const rankOf = (file: string): number => {
      const folder = ENGINE_ROOMS.findIndex((name) => file.startsWith(`file-journal/${name}/`));
      return folder < 0 ? ENGINE_ROOMS.length : folder;
    };
    const wrong = relativeImports().filter(
      (found) =>
        found.from.startsWith('file-journal/') &&
        targetOf(found).startsWith('file-journal/') &&
        rankOf(found.from) < rankOf(targetOf(found)),
    );
    expect(wrong.map(({ from }) => from).filter((file) => !UPWARD.includes(file))).toEqual([]);
  });

  test('no file imports itself through others, types included', () => {
    const edges = new Map<string, Set<string>>();
    for (const found of relativeImports())
      edges.set(found.from, (edges.get(found.from) ?? new Set()).add(targetOf(found)));
    const circular = [...edges.keys()].filter((file) => reachableFrom(file, edges).has(file));
    expect(circular).toEqual([]);
  });
});

describe('what comes from outside', () => {
  test('native modules are imported by file-journal/os alone', () => {
    const native = imports.filter((found) => NATIVE.test(found.specifier));
    expect(native.filter((found) => !found.from.startsWith(NATIVE_ROOM)).map(describeImport)).toEqual([]);
  });

  test('nothing starts a process or a thread', () => {
    const wrong = imports.filter((found) =>
      /^(?:node:)?(?:child_process|cluster|worker_threads)$/.test(found.specifier),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test.each(WITHOUT_NEST)('%s does without NestJS', (folder) => {
    const wrong = imports.filter((found) => roomOf(found.from) === folder && NEST.test(found.specifier));
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test.each(WITHOUT_FILE_SYSTEM)('%s does without a file system', (folder) => {
    const wrong = imports.filter(
      (found) => roomOf(found.from) === folder && FILE_SYSTEM.test(found.specifier),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  // Fake timers of a test runner would stop what uses the global ones.
  test('timers and the monotonic clock come from real-timers alone', () => {
    const timer =
      /(?<![.\w'"`])((?:set|clear)(?:Timeout|Interval|Immediate)|queueMicrotask)\(|\b(process\.nextTick|performance\.now)\b/g;
    const wrong = files
      .filter((file) => file !== 'common/real-timers.ts')
      .flatMap((file) => {
        const source = readFileSync(join(sourceRoot, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
        const used = [...source.matchAll(timer)].map(([, called, global]) => called ?? global ?? '');
        const imported = [
          ...source.matchAll(/import \{([^}]*)\} from '[^']*(?:common\/index|real-timers)\.js'/g),
        ]
          .flatMap(([, names]) => (names ?? '').split(','))
          .map((name) => name.trim());
        return used.filter((name) => !imported.includes(name)).map((name) => `${file}: ${name}`);
      });
    const direct = imports.filter(
      (found) =>
        /^(?:node:)?(?:timers|perf_hooks)/.test(found.specifier) && found.from !== 'common/real-timers.ts',
    );
    expect([...wrong, ...direct.map(describeImport)]).toEqual([]);
  });

  test('long work yields through CooperativeYield alone', () => {
    // These wait for a turn of the event loop itself, whatever the work before it took.
    const scheduling = [
      'file-journal/write/append-acknowledger.ts',
      'file-journal/write/group-commit.ts',
      'in-memory-journal/in-memory-journal.ts',
      'nest/boot/provider-failure-watch.ts',
      'nest/boot/event-bus.finder.ts',
      'projections/projections.service.ts',
      'replay/snapshot-scheduler.ts',
    ];
    const wrong = files
      .filter((file) => !file.startsWith('common/') && !file.startsWith('testing/'))
      .filter((file) => !scheduling.includes(file))
      .filter((file) => /\b(?:setImmediate|nextTurn)\b/.test(readFileSync(join(sourceRoot, file), 'utf8')));
    expect(wrong).toEqual([]);
  });

  test('only serialization/payload knows the names of the members of a payload', () => {
    // The variables of filter expressions have the same names.
    const variables = ['cli/entries/filter-options.ts', 'cli/entries/where-expression.ts'];
    const wrong = files
      .filter(
        (file) => !file.startsWith('serialization/payload/') && !file.startsWith('testing/conformance/'),
      )
      .filter((file) => !variables.includes(file))
      .filter((file) => {
        const source = readFileSync(join(sourceRoot, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
        return /sequence_num|timestamp_ns|"command"/.test(source);
      });
    expect(wrong).toEqual([]);
  });

  test('only common/thenable.ts decides what is thenable', () => {
    const wrong = files
      .filter((file) => file !== 'common/thenable.ts')
      .filter((file) => /\.then\b[^\n]*[!=]== 'function'/.test(readFileSync(join(sourceRoot, file), 'utf8')));
    expect(wrong).toEqual([]);
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

  test('no file but the executable uses import.meta, require, __dirname or top-level await', () => {
    const inBoth = files.filter((file) => file !== 'cli/main.ts');
    expect(inBoth.flatMap((file) => moduleSystemUses(file))).toEqual([]);
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

function betweenRooms(): Import[] {
  return relativeImports().filter(
    (found) => roomOf(found.from) !== '' && roomOf(found.from) !== roomOf(targetOf(found)),
  );
}

/** The room of a file; '' for files in src itself. */
function roomOf(file: string): string {
  const [first, second] = file.split('/');
  if (first === undefined || second === undefined) return '';
  const nested = `${first}/${second}`;
  return ROOMS.some((room) => room === nested) ? nested : first;
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
