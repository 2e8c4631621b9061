/** What the entry points export is marked and documented, and nothing else claims to be public. */
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import {
  declaredNames,
  docOf,
  exportsOf,
  filesBelow,
  parse,
  readText,
  resolveName,
  type Declared,
} from '../support/sources.js';

/** Names that the main entry point exports, types included. */
const MOST_NAMES = 150;

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly import: { readonly types: string } }>>;
}

const entryPoints = Object.values((JSON.parse(readText('package.json')) as Manifest).exports)
  .filter((target) => typeof target !== 'string')
  .map((target) => target.import.types.replace('./dist/esm/', 'src/').replace(/\.d\.ts$/, '.ts'));
const sources = filesBelow('src', ['.ts']);
/** Every exported declaration once, by file and name. */
const exported = new Map(
  entryPoints
    .flatMap((file) => [...exportsOf(file).values()])
    .map((declared) => [`${declared.file}: ${declared.name}`, declared]),
);

describe('the public interface', () => {
  test(`has at most ${MOST_NAMES} names in the main entry point`, () => {
    expect(exportsOf('src/index.ts').size).toBeLessThanOrEqual(MOST_NAMES);
  });

  test('is marked with @publicApi', () => {
    const unmarked = [...exported].filter(([, { nodes }]) => !nodes.some(isMarked));
    expect(unmarked.map(([key]) => key)).toEqual([]);
  });

  test('is all that is marked with @publicApi', () => {
    const marked = sources.flatMap((file) =>
      parse(file)
        .statements.filter(isMarked)
        .flatMap((statement) => declaredNames(statement))
        .map((name) => `${file}: ${name}`),
    );
    expect(marked.filter((key) => !exported.has(key))).toEqual([]);
  });

  test('says of every name and of every member what it is', () => {
    const undocumented = [...exported].flatMap(([key, declared]) => [
      ...(isDocumented(declared.nodes) ? [] : [key]),
      ...undocumentedMembers(declared).map((member) => `${key}.${member}`),
    ]);
    expect(undocumented).toEqual([]);
  });
});

function isMarked(node: ts.Node): boolean {
  return docOf(node).includes('@publicApi');
}

/** A comment that has only tags says what a parameter is, not what the thing is. */
function isDocumented(nodes: readonly ts.Node[]): boolean {
  return nodes.some((node) => {
    const [text = ''] = docOf(node)
      .replace(/^\/\*\*|\*\/$/g, '')
      .replaceAll(/^\s*\* ?/gm, '')
      .trim()
      .split(/^@/m);
    return text.trim() !== '' || /@(?:returns|inheritDoc)\b/.test(docOf(node));
  });
}

/**
 * Names of members that neither have a comment nor repeat a documented member of what they implement or
 * extend.
 */
function undocumentedMembers(declared: Declared): string[] {
  const byName = new Map<string, ts.Node[]>();
  for (const member of declared.nodes.flatMap(membersOf)) {
    const name = nameOf(member);
    if (name !== null) byName.set(name, [...(byName.get(name) ?? []), member]);
  }
  return [...byName]
    .filter(([name, nodes]) => !isDocumented(nodes) && !isInherited(declared, name))
    .map(([name]) => name);
}

function isInherited(declared: Declared, member: string): boolean {
  return declared.nodes.flatMap(heritageOf).some((base) => {
    const resolved = resolveName(declared.file, base);
    if (resolved === null) return false;
    const nodes = resolved.nodes.flatMap(membersOf).filter((node) => nameOf(node) === member);
    return isDocumented(nodes) || isInherited(resolved, member);
  });
}

function heritageOf(node: ts.Node): string[] {
  if (!ts.isClassDeclaration(node) && !ts.isInterfaceDeclaration(node)) return [];
  return (node.heritageClauses ?? [])
    .flatMap(({ types }) => [...types])
    .flatMap(({ expression }) => (ts.isIdentifier(expression) ? [expression.text] : []));
}

function membersOf(node: ts.Node): readonly ts.Node[] {
  if (ts.isInterfaceDeclaration(node)) return node.members;
  if (ts.isTypeAliasDeclaration(node)) return ts.isTypeLiteralNode(node.type) ? node.type.members : [];
  if (!ts.isClassDeclaration(node)) return [];
  return node.members.flatMap((member): ts.Node[] => {
    // `constructor(readonly name: string)` declares a member, too.
    if (ts.isConstructorDeclaration(member))
      return member.parameters.filter((parameter) => isPublicProperty(parameter));
    return isHidden(member) ? [] : [member];
  });
}

function isPublicProperty(parameter: ts.ParameterDeclaration): boolean {
  return ts.isParameterPropertyDeclaration(parameter, parameter.parent) && !isHidden(parameter);
}

function isHidden(member: ts.Node): boolean {
  const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
  return (
    modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) ||
    ts.isClassStaticBlockDeclaration(member) ||
    /@internal\b/.test(docOf(member))
  );
}

/** null for what has no name of its own, such as `[Symbol.iterator]`. */
function nameOf(member: ts.Node): string | null {
  const { name } = member as ts.NamedDeclaration;
  if (name === undefined || ts.isPrivateIdentifier(name)) return null;
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : null;
}
