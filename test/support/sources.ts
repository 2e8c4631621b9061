/** The sources of the project as syntax trees, for tests of its structure. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Paths below the project of the files in a folder with one of these endings, sorted. */
export function filesBelow(folder: string, endings: readonly string[]): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((file) => endings.some((ending) => file.endsWith(ending)) && !file.includes('/node_modules/'))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

const parsed = new Map<string, ts.SourceFile>();

export function parse(path: string): ts.SourceFile {
  let source = parsed.get(path);
  if (source === undefined) {
    source = ts.createSourceFile(path, readText(path), ts.ScriptTarget.ES2022, true);
    parsed.set(path, source);
  }
  return source;
}

/** What a name in a file refers to: its declarations, in the file that has them. */
export interface Declared {
  readonly file: string;
  readonly name: string;
  readonly nodes: readonly ts.Node[];
}

/** Path below the project of what a relative import names; null for a package. */
export function resolveImport(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  const path = relative(projectRoot, join(projectRoot, dirname(from), specifier)).replaceAll('\\', '/');
  const source = path.replace(/\.js$/, '.ts');
  return existsSync(join(projectRoot, source)) ? source : null;
}

/** Everything that a module exports, by the exported name, followed to where it is declared. */
export function exportsOf(file: string): Map<string, Declared> {
  const found = new Map<string, Declared>();
  for (const statement of parse(file).statements) {
    if (ts.isExportDeclaration(statement)) {
      for (const [name, declared] of reExports(file, statement)) found.set(name, declared);
    } else if (isExported(statement)) {
      for (const name of declaredNames(statement)) {
        const declared = declaredIn(file, name);
        if (declared !== null) found.set(name, declared);
      }
    }
  }
  return found;
}

function reExports(file: string, statement: ts.ExportDeclaration): [string, Declared][] {
  const { moduleSpecifier, exportClause } = statement;
  const specifier =
    moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : null;
  const target = specifier === null ? null : resolveImport(file, specifier);
  if (exportClause === undefined) return target === null ? [] : [...exportsOf(target)];
  if (!ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.flatMap(({ name, propertyName }): [string, Declared][] => {
    const original = (propertyName ?? name).text;
    const declared = target === null ? resolveName(file, original) : exportsOf(target).get(original);
    return declared === undefined || declared === null ? [] : [[name.text, declared]];
  });
}

/** What a name that a file uses refers to; null if it comes from a package. */
export function resolveName(file: string, name: string): Declared | null {
  const here = declaredIn(file, name);
  if (here !== null) return here;
  for (const statement of parse(file).statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const element = bindings.elements.find((one) => one.name.text === name);
    if (element === undefined) continue;
    const target = resolveImport(file, statement.moduleSpecifier.text);
    if (target === null) return null;
    return exportsOf(target).get((element.propertyName ?? element.name).text) ?? null;
  }
  return null;
}

function declaredIn(file: string, name: string): Declared | null {
  const nodes = parse(file).statements.filter((statement) => declaredNames(statement).includes(name));
  return nodes.length === 0 ? null : { file, name, nodes };
}

/** The names that a statement declares. */
export function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name.text] : [],
    );
  const isNamed =
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isNamed && statement.name !== undefined ? [statement.name.text] : [];
}

export function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}

/** The text of the doc comment of a node, with its delimiters and tags; '' if there is none. */
export function docOf(node: ts.Node): string {
  const text = node.getSourceFile().text;
  const comments = (ts.getLeadingCommentRanges(text, node.pos) ?? []).map(({ pos, end }) =>
    text.slice(pos, end),
  );
  return comments.findLast((comment) => comment.startsWith('/**')) ?? '';
}
