/**
 * Describes the options of `FileJournalModule.forRoot` from their TSDoc, as the guide docs/guides/options.md
 * has them.
 */
import { join } from 'node:path';
import ts from 'typescript';
import { compilerOptions, projectRoot } from './snippets.js';

export interface DocumentedOption {
  /** With the option it belongs to: `replay.includeArchived`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly text: string;
  /** What `@default` says; null without the tag. */
  readonly default: string | null;
}

const WIDTH = 110;
/** Options with options of their own. */
const NESTED = ['snapshots', 'replay', 'projections', 'retry'];

/** The properties of an exported interface of `file`, in the order of their declarations. */
export function readOptions(file: string, name: string): DocumentedOption[] {
  const path = join(projectRoot, file);
  const program = ts.createProgram([path], compilerOptions());
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((exported) => exported.name === name);
  if (symbol === undefined) throw new Error(`${file} exports no ${name}`);
  return optionsOf(checker.getDeclaredTypeOfSymbol(symbol), checker, '');
}

function optionsOf(type: ts.Type, checker: ts.TypeChecker, prefix: string): DocumentedOption[] {
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const tags = property.getJsDocTags(checker);
    if (tags.some((tag) => tag.name === 'internal')) return [];
    const given = checker.getNonNullableType(checker.getTypeOfSymbol(property));
    const option = {
      name: `${prefix}${property.name}`,
      type: describeType(given, checker),
      isRequired: (property.flags & ts.SymbolFlags.Optional) === 0,
      text: textOf(property.getDocumentationComment(checker)),
      default: defaultOf(tags),
    };
    if (!NESTED.includes(property.name)) return [option];
    const members = given.isUnion() ? given.types : [given];
    const nested = members.filter((member) => checker.getPropertiesOfType(member).length > 0);
    return [
      { ...option, type: option.type.replace(/\b(?:OptionsOf<.*>|\w+Options)/, 'object') },
      ...nested
        .filter((member) => (member.flags & ts.TypeFlags.Object) !== 0)
        .flatMap((member) => optionsOf(member, checker, `${option.name}.`)),
    ];
  });
}

/**
 * The members of a union in alphabetical order: the compiler's own order depends on the rest of the program.
 */
function describeType(type: ts.Type, checker: ts.TypeChecker): string {
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType;
  const members = new Set(
    (type.isUnion() ? type.types : [type]).map((member) => checker.typeToString(member, undefined, flags)),
  );
  if (members.has('true') && members.delete('false')) {
    members.delete('true');
    members.add('boolean');
  }
  return [...members]
    .sort()
    .map((text) => (text.includes('=>') && members.size > 1 ? `(${text})` : text))
    .join(' | ');
}

function defaultOf(tags: readonly ts.JSDocTagInfo[]): string | null {
  const tag = tags.find(({ name }) => name === 'default');
  return tag === undefined ? null : textOf(tag.text ?? []);
}

function textOf(parts: readonly ts.SymbolDisplayPart[]): string {
  return ts
    .displayPartsToString([...parts])
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/** The value that `@default` gives first, as code; null if it gives a description. */
export function literalDefault(option: DocumentedOption): string | null {
  return /^(?:'[^']*'|[\d_]+n?\b|true\b|false\b)/.exec(option.default ?? '')?.[0] ?? null;
}

/** One section per option. */
export function renderOptions(options: readonly DocumentedOption[]): string {
  return options
    .map((option) => `### \`${option.name}\`\n\n${wrap(factsOf(option))}\n\n${wrap(option.text)}\n`)
    .join('\n');
}

function factsOf(option: DocumentedOption): string {
  const literal = literalDefault(option);
  const text = option.default ?? '';
  const value = literal === null ? text : `\`${literal}\`${text.slice(literal.length)}`;
  return [
    `\`${option.type}\``,
    ...(option.isRequired ? ['required'] : []),
    ...(text === '' ? [] : [`default ${value}`]),
  ].join(', ');
}

function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}
