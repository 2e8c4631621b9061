/**
 * The TypeScript of the documentation, as files that can be compiled and run.
 *
 * A fenced `ts` block that begins with a path, e.g. `// src/account.ts`, is that file; files of one document
 * lie beside each other and may import each other. Any other block is a fragment: a module of its own, after
 * the preamble of its document. The preamble is what a reader can guess, in a comment that is not shown;
 * several are put one after the other:
 *
 *     <!-- preamble
 *     import { FileJournal } from 'nestjs-file-journal';
 *     declare const journal: FileJournal;
 *     -->
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import ts from 'typescript';

export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '../..');

export interface Snippet {
  /** Path of the document below the project. */
  readonly document: string;
  /** Line of the block's first line in the document, from 1. */
  readonly line: number;
  /** Path the block gives itself, e.g. `src/account.ts`; null for a fragment. */
  readonly path: string | null;
  readonly text: string;
}

export interface Snippets {
  readonly document: string;
  readonly snippets: readonly Snippet[];
  /** What fragments are put behind. */
  readonly preamble: string;
}

const FENCE = /^```ts[^\S\n]*\n([^]*?)^```$/gm;
const PREAMBLE = /^<!-- preamble\n([^]*?)^-->$/gm;
const PATH = /^\/\/ ([\w./-]+\.tsx?)\n/;

/** Of every document: README.md and the guides. */
export function documents(): string[] {
  const guides = readdirSync(join(projectRoot, 'docs/guides')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...guides.sort().map((name) => `docs/guides/${name}`)];
}

/** @param document path below the project */
export function readSnippets(document: string): Snippets {
  return parseSnippets(document, readFileSync(join(projectRoot, document), 'utf8'));
}

export function parseSnippets(document: string, markdown: string): Snippets {
  const snippets = [...markdown.matchAll(FENCE)].map((match): Snippet => {
    const text = match[1] ?? '';
    const line = markdown.slice(0, match.index).split('\n').length + 1;
    return { document, line, path: PATH.exec(text)?.[1] ?? null, text };
  });
  const preamble = [...markdown.matchAll(PREAMBLE)].map((match) => match[1] ?? '').join('');
  return { document, snippets, preamble };
}

/** The files of a document, on disk. */
export interface Program {
  readonly directory: string;
  /** Absolute path to the block it came from. */
  readonly files: ReadonlyMap<string, Snippet>;
}

const made: string[] = [];

/**
 * Writes the snippets of a document into a directory of their own, inside the package, so that they can
 * import it by name.
 */
export function writeProgram({ document, snippets, preamble }: Snippets): Program {
  const parent = join(projectRoot, '.tmp');
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, `${basename(document, '.md')}-`));
  made.push(directory);
  const files = new Map<string, Snippet>();
  for (const snippet of snippets) {
    const path = join(directory, snippet.path ?? `fragment-${snippet.line}.ts`);
    if (files.has(path)) throw new Error(`${document}:${snippet.line}: ${snippet.path} is there already`);
    mkdirSync(dirname(path), { recursive: true });
    // A fragment is a module even without an import or export.
    writeFileSync(path, snippet.path === null ? `${preamble}export {};\n${snippet.text}` : snippet.text);
    files.set(path, snippet);
  }
  return { directory, files };
}

/** Imports a named file of a document into the running test, against the sources. */
export async function importSnippet<T>(document: string, path: string): Promise<T> {
  const { directory, files } = writeProgram(readSnippets(document));
  const file = join(directory, path);
  if (!files.has(file)) throw new Error(`${document} has no ${path}`);
  return (await import(file)) as T;
}

/**
 * Type-checks programs as a user with this project's compiler options would; each finding names document and
 * line.
 */
export function compile(programs: readonly Program[]): string[] {
  const options = compilerOptions();
  const files = new Map(programs.flatMap((program) => [...program.files]));
  const program = ts.createProgram([...files.keys(), ...ambientTypes(), testGlobals()], options);
  return [...files].flatMap(([path, snippet]) => {
    const source = program.getSourceFile(path);
    if (source === undefined) return [`${snippet.document}:${snippet.line}: not compiled`];
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => describe(diagnostic, source, snippet));
  });
}

/** Emits the JavaScript of a program beside it, into `dist` for what lies in `src`, as `nest build` would. */
export function emit({ directory, files }: Program): void {
  const compilerOptions_ = { ...compilerOptions(), module: ts.ModuleKind.ES2022, noEmit: false };
  for (const [path, { text }] of files) {
    const { outputText } = ts.transpileModule(text, { fileName: path, compilerOptions: compilerOptions_ });
    const target = join(
      directory,
      relative(directory, path)
        .replace(/^src\//, 'dist/')
        .replace(/\.ts$/, '.js'),
    );
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
}

/** Those of the project. */
export function compilerOptions(): ts.CompilerOptions {
  const path = join(projectRoot, 'tsconfig.json');
  const { config, error } = ts.readConfigFile(path, (file) => readFileSync(file, 'utf8'));
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  return ts.parseJsonConfigFileContent(config, ts.sys, projectRoot).options;
}

/** Types of what has none of its own. */
function ambientTypes(): string[] {
  const directory = join(projectRoot, 'types');
  return readdirSync(directory).map((name) => join(directory, name));
}

/** What a test file of a new Nest application finds without an import, whichever runner it has. */
function testGlobals(): string {
  const names = ['describe', 'it', 'expect', 'beforeEach', 'afterEach'];
  const path = join(projectRoot, '.tmp', 'test-globals.d.ts');
  const declarations = names.map((name) => `  const ${name}: typeof runner.${name};\n`).join('');
  writeFileSync(path, `import type * as runner from '@jest/globals';\ndeclare global {\n${declarations}}\n`);
  return path;
}

function describe(
  diagnostic: ts.Diagnostic,
  source: ts.SourceFile,
  { document, line, text }: Snippet,
): string {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
  const inFile = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line;
  // Counted from the end: a fragment has its preamble in front.
  const behind = source.text.split('\n').length - text.split('\n').length;
  return `${document}:${line + inFile - behind}: ${message}`;
}

afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});
