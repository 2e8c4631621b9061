import { inspect } from 'node:util';
import { bigintsToStrings, isError, messageOf } from '../../journal/index.js';

/** Facts of a log line. Bigints become decimal strings; errors become their name, code, message and stack. */
export type LogFacts = Readonly<Record<string, unknown>>;

/**
 * A log line that is a sentence for people and an object for programs. Nest's ConsoleLogger prints `message`
 * as text, or all fields with `json: true`. pino and winston read the fields of any object.
 */
export class LogRecord {
  readonly [fact: string]: unknown;
  readonly message: string;

  constructor(
    /** Stable name for filters and alerts: `journal.opened`, `journal.poisoned` … */
    readonly event: string,
    /** Name of the journal. */
    readonly journal: string,
    sentence: string,
    facts: LogFacts = {},
  ) {
    this.message = `journal "${journal}": ${sentence}`;
    Object.assign(this, Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, plain(fact)])));
  }

  toString(): string {
    return this.message;
  }

  /** The text that ConsoleLogger prints without `json: true`. */
  [inspect.custom](): string {
    const { error } = this as { error?: { stack?: unknown } };
    return typeof error?.stack === 'string' ? `${this.message}\n${error.stack}` : this.message;
  }
}

/** Accepts any thrown value, even one whose properties cannot be read. */
function plain(fact: unknown): unknown {
  try {
    return bigintsToStrings(isError(fact) ? plainError(fact) : fact);
  } catch {
    return messageOf(fact);
  }
}

function plainError({ name, message, stack, ...rest }: Error & { code?: unknown }): object {
  return { name, code: rest.code, message, stack };
}
