/**
 * Reads the section "Quick start" of the README, or a guide, as something that can be carried out.
 *
 * A fenced block that starts with `// src/<name>.ts` is that file of the application. Blocks marked `sh`,
 * `bash` or `console` hold commands, one a line (`\` continues it), carried out in the order of the text:
 *
 * | line                                    | what it does                                               |
 * | --------------------------------------- | ---------------------------------------------------------- |
 * | `nest new app`, `npx … new app`, `cd …` | nothing; the test makes the application                    |
 * | `npm install …`                         | installs the packages, this one from its tarball           |
 * | `node dist/main…`, `npm run start…`     | starts the application and waits until it listens          |
 * | `kill -9 …`, `pkill -9 …`               | kills it                                                   |
 * | `kill %…`                               | stops it with SIGTERM                                      |
 * | `curl …`                                | makes the request; `#` lines right below it are the answer |
 * | `npm test`                              | runs the tests of the application                          |
 * | `npm run build`, `sed …`, `echo …`      | runs as it is                                              |
 *
 * A line that ends in `# NestJS 11`, or installs `@nestjs/…@11`, is for that major only. In an expected
 * answer `…` matches any text; a first line of three digits is the status (2xx otherwise). Anything else in
 * such a block is an error: what a reader would type and the test would not must not be there.
 */
import { parseCurl, type HttpRequest } from './curl.js';

/** A step with a major is for applications of that major of NestJS only. */
export type Step = StepOfAnyMajor & { readonly major?: 11 | 12 };

type StepOfAnyMajor =
  | { readonly kind: 'install'; readonly packages: readonly string[] }
  | { readonly kind: 'shell'; readonly line: string }
  | { readonly kind: 'test' }
  | { readonly kind: 'start' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'stop' }
  | {
      readonly kind: 'request';
      readonly line: string;
      readonly request: HttpRequest;
      readonly expected: string[];
    };

export interface QuickStart {
  /** Path below the application, e.g. `src/main.ts`, to content. */
  readonly files: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
}

export function parseQuickStart(markdown: string): QuickStart {
  return parseGuide(quickStartSection(markdown));
}

export function parseGuide(markdown: string): QuickStart {
  const files = new Map<string, string>();
  const steps: Step[] = [];
  for (const { language, text } of fencedBlocks(markdown)) {
    const path = /^\/\/ (src\/[\w./-]+\.ts)\s*$/m.exec(text.split('\n')[0] ?? '')?.[1];
    if (path !== undefined) files.set(path, text);
    else if (['sh', 'bash', 'console'].includes(language)) steps.push(...parseCommands(text));
  }
  return { files, steps };
}

/** True when an answer is what the README shows. */
export function answerMatches(expected: readonly string[], status: number, body: string): boolean {
  const [first = '', ...others] = expected;
  const showsStatus = /^\d{3}\b/.test(first);
  if (showsStatus ? status !== Number(first.slice(0, 3)) : status < 200 || status > 299) return false;
  const text = (showsStatus ? others : expected).join('\n').trim();
  if (text === '') return true;
  const pattern = text.split('…').map(escapeRegExp).join('[^]*');
  return new RegExp(`^${pattern}$`).test(body.trim());
}

function quickStartSection(markdown: string): string {
  const heading = /^(#+) +quick ?start\b.*$/im.exec(markdown);
  if (heading === null) throw new Error('there is no heading "Quick start"');
  const rest = markdown.slice(heading.index + heading[0].length);
  // Up to the next heading of the same or a higher level that does not lie in a code block (`# comment`).
  const end = nextHeading(rest, heading[1]?.length ?? 1);
  return end === -1 ? rest : rest.slice(0, end);
}

function nextHeading(text: string, level: number): number {
  let offset = 0;
  let inCode = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) inCode = !inCode;
    const hashes = /^(#+) /.exec(line)?.[1]?.length ?? Infinity;
    if (!inCode && hashes <= level) return offset;
    offset += line.length + 1;
  }
  return -1;
}

function fencedBlocks(text: string): { language: string; text: string }[] {
  return [...text.matchAll(/^```(\w*)[^\n]*\n([^]*?)^```/gm)].map(([, language = '', content = '']) => ({
    language,
    text: content,
  }));
}

function parseCommands(text: string): Step[] {
  const steps: Step[] = [];
  let answers: string[] | null = null;
  for (const raw of text.replaceAll(/\\\n\s*/g, '').split('\n')) {
    const line = raw.trim().replace(/^\$ /, '');
    if (line.startsWith('#')) {
      answers?.push(line.replace(/^# ?/, ''));
      continue;
    }
    answers = null;
    if (line === '') continue;
    for (const step of parseCommand(line)) {
      steps.push(step);
      if (step.kind === 'request') answers = step.expected;
    }
  }
  return steps;
}

function parseCommand(line: string): Step[] {
  // `a && b` is two commands; a request may have && in its data, a comment may follow a command.
  if (line.startsWith('curl ')) return [{ kind: 'request', line, request: parseCurl(line), expected: [] }];
  const command = line.replace(/\s+#.*$/, '');
  if (command.includes('&&')) return command.split('&&').flatMap((part) => parseCommand(part.trim()));
  if (/^(?:cd |(?:npx )?(?:-\S+ )*(?:@nestjs\/cli(?:@\S+)?|nest) new )/.test(command)) return [];
  const step = stepOf(command);
  if (step === null) throw new Error(`the quick start has a command that its test does not know: ${line}`);
  const major = /# NestJS (11|12)\b/.exec(line)?.[1] ?? /@nestjs\/\w+@(11|12)\b/.exec(command)?.[1];
  return [major === undefined ? step : { ...step, major: major === '11' ? 11 : 12 }];
}

function stepOf(command: string): StepOfAnyMajor | null {
  const install = /^npm (?:install|i|add) (.+)$/.exec(command);
  if (install?.[1] !== undefined) {
    return { kind: 'install', packages: install[1].split(/\s+/).filter((word) => !word.startsWith('-')) };
  }
  if (
    /^(?:npm start|npm run start(?::\w+)?|(?:npx )?nest start|node dist\/main(?:\.js)?)(?: &)?$/.test(command)
  ) {
    return { kind: 'start' };
  }
  if (/^(?:p?kill -(?:9|KILL|SIGKILL) )/.test(command)) return { kind: 'kill' };
  if (command.startsWith('kill %')) return { kind: 'stop' };
  if (command === 'npm test') return { kind: 'test' };
  return /^(?:npm run build$|sed -i |echo )/.test(command) ? { kind: 'shell', line: command } : null;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
