import { DeserializationError } from '../../journal/index.js';
import { MAX_NESTING } from './scan.js';

/**
 * The type of parsed integers: `number` while safe and `bigint` beyond, or always `bigint` (then a `number`
 * is never an integer).
 */
type IntegerRule = 'safe-numbers' | 'bigints';

/**
 * Parses JSON exactly where `JSON.parse` does not: integers of any length, numbers that overflow, and deep
 * nesting. It is several times slower, so it parses only texts that require it.
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) with the index of the wrong character
 */
export function parseJsonCarefully(text: string, integers: IntegerRule, outerNesting = 0): unknown {
  return new JsonParser(text, integers, outerNesting).document();
}

class JsonParser {
  private at = 0;
  // A sticky pattern has state, so each parser has its own.
  private readonly numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

  constructor(
    private readonly text: string,
    private readonly integers: IntegerRule,
    private nesting: number,
  ) {}

  document(): unknown {
    this.whitespace();
    const value = this.value();
    this.whitespace();
    if (this.at < this.text.length) this.fail('unexpected text after the value');
    return value;
  }

  private value(): unknown {
    switch (this.text[this.at]) {
      case '{':
        return this.object();
      case '[':
        return this.array();
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.open();
    if (this.closedBy('}')) return object;
    for (;;) {
      if (this.text[this.at] !== '"') this.fail('expected a property name');
      const key = this.string();
      this.whitespace();
      if (this.text[this.at] !== ':') this.fail('expected a colon');
      this.at++;
      this.whitespace();
      setOwn(object, key, this.value());
      if (this.closedBy('}')) return object;
      this.comma();
    }
  }

  private array(): unknown[] {
    const array: unknown[] = [];
    this.open();
    if (this.closedBy(']')) return array;
    for (;;) {
      array.push(this.value());
      if (this.closedBy(']')) return array;
      this.comma();
    }
  }

  private open(): void {
    if (++this.nesting > MAX_NESTING) this.fail(`nested deeper than ${MAX_NESTING} levels`);
    this.at++;
  }

  private closedBy(bracket: '}' | ']'): boolean {
    this.whitespace();
    if (this.text[this.at] !== bracket) return false;
    this.at++;
    this.nesting--;
    return true;
  }

  private comma(): void {
    if (this.text[this.at] !== ',') this.fail('expected a comma or the end of the list');
    this.at++;
    this.whitespace();
  }

  private string(): string {
    const end = this.endOfString();
    try {
      const value = JSON.parse(this.text.slice(this.at, end)) as string;
      this.at = end;
      return value;
    } catch {
      return this.fail('malformed string');
    }
  }

  /** Returns the index after the string that starts at the current position. */
  private endOfString(): number {
    for (let at = this.at + 1; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === '"') return at + 1;
      if (char === '\\') at++;
    }
    return this.fail('a string does not end');
  }

  private number(): number | bigint {
    this.numberPattern.lastIndex = this.at;
    const token = this.numberPattern.exec(this.text)?.[0];
    if (token === undefined)
      this.fail(this.at < this.text.length ? 'expected a value' : 'the text ends too early');
    const value = numberOf(token, this.integers);
    if (value === null) this.fail(`${token} is beyond the range of a number`);
    this.at += token.length;
    return value;
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('expected a value');
    this.at += word.length;
    return value;
  }

  private whitespace(): void {
    while (WHITESPACE.includes(this.text.charAt(this.at)) && this.at < this.text.length) this.at++;
  }

  private fail(what: string): never {
    throw new DeserializationError(`not valid JSON: ${what} at index ${this.at}`);
  }
}

const WHITESPACE = ' \n\r\t';

/**
 * Returns null if the value is not finite. `-0` is not treated as an integer: only a double can represent it.
 */
function numberOf(token: string, integers: IntegerRule): number | bigint | null {
  const value = Number(token);
  if (/[.eE]/.test(token)) return Number.isFinite(value) ? value : null;
  if (Object.is(value, -0)) return value;
  return integers === 'safe-numbers' && Number.isSafeInteger(value) ? value : BigInt(token);
}

/** Sets `object[key] = value` as in JSON: `__proto__` is an ordinary name. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}
