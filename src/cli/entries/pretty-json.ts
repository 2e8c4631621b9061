/** JSON with indentation and colours. It changes no token, so that numbers of any length stay exact. */

import { terminalJson } from '../terminal-text.js';

/** The colours of the tokens; each returns its text. */
export interface JsonColors {
  readonly cyan: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly magenta: (text: string) => string;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const INDENT = '  ';

/** @param text valid JSON */
export function prettyJson(text: string, colors: JsonColors): string {
  const tokens = text.match(TOKEN) ?? [];
  let result = '';
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    switch (token) {
      case '{':
      case '[':
        result += token;
        if (isClosing(tokens[index + 1])) break;
        depth += 1;
        result += newLine(depth);
        break;
      case '}':
      case ']':
        if (!isOpening(tokens[index - 1])) {
          depth -= 1;
          result += newLine(depth);
        }
        result += token;
        break;
      case ',':
        result += token + newLine(depth);
        break;
      case ':':
        result += ': ';
        break;
      default:
        result += colored(token, tokens[index + 1] === ':', colors);
    }
  }
  return result;
}

function colored(token: string, isKey: boolean, colors: JsonColors): string {
  const text = terminalJson(token);
  if (isKey) return colors.cyan(text);
  if (token.startsWith('"')) return colors.green(text);
  return /^[tfn]/.test(token) ? colors.magenta(text) : colors.yellow(text);
}

function newLine(depth: number): string {
  return `\n${INDENT.repeat(depth)}`;
}

function isClosing(token: string | undefined): boolean {
  return token === '}' || token === ']';
}

function isOpening(token: string | undefined): boolean {
  return token === '{' || token === '[';
}
