/** The expressions of `--where`, in CEL. cel-js is loaded with this file, for commands that filter by one. */
import { createContext, Script } from 'node:vm';
import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { InvalidArgumentError, messageOf, type JournalEntry } from '../../journal/index.js';
import type { DecodedPayload } from './decoded-payload.js';

/**
 * Limit of one piece of work, which takes a few milliseconds. It stops expressions such as
 * `a.all(x, a.all(y, …))` and `matches("(a+)+$")`.
 */
const TIME_LIMIT_MS = 5_000;

/** An expression without these words does a bounded amount of work for each entry. */
const MAY_TAKE_LONG = /\b(?:all|exists|exists_one|map|filter|bind|matches)\b/;

/** Codes of errors that mean: a member or an element is missing. */
const MISSING = new Set(['no_such_key', 'index_out_of_bounds', 'index_out_of_range']);

/** Bounds of an expression, generous for one that a person writes. */
const LIMITS = { maxAstNodes: 2_000, maxDepth: 100 };

/** An expression that was parsed and checked. */
export class WhereExpression {
  private readonly mayTakeLong: boolean;
  private current: bigint | null = null;
  private failed = 0;
  private firstFailure: { readonly sequence: bigint; readonly reason: string } | null = null;

  constructor(
    source: string,
    private readonly evaluate: (variables: EntryVariables) => unknown,
  ) {
    this.mayTakeLong = MAY_TAKE_LONG.test(source);
  }

  /**
   * Whether the expression is true. An entry without a member that the result depends on does not match.
   * Neither does an entry for which the expression has no value; `remark` counts these.
   */
  matches(payload: DecodedPayload, entry: JournalEntry): boolean {
    this.current = entry.sequenceNum;
    try {
      const value = this.evaluate(new EntryVariables(payload, entry));
      if (typeof value === 'boolean') return value;
      this.noteFailure(entry, `the value is not a bool`);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (!MISSING.has(error.code)) this.noteFailure(entry, error.summary);
    }
    return false;
  }

  get remark(): string | null {
    if (this.firstFailure === null) return null;
    const { sequence, reason } = this.firstFailure;
    const entries = this.failed === 1 ? '1 entry' : `${this.failed} entries`;
    return `--where has no value for ${entries}, left out; the first is sequence ${sequence}: ${reason}`;
  }

  /** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) if the work is not done after 5 seconds */
  withTimeLimit<T>(work: () => T): T {
    if (!this.mayTakeLong) return work();
    let result: { readonly value: T } | null = null;
    // Only node:vm can stop JavaScript, and a regular expression, from outside.
    const context = createContext({ run: () => (result = { value: work() }) });
    try {
      RUN.runInContext(context, { timeout: TIME_LIMIT_MS });
    } catch (error) {
      if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      const where = this.current === null ? '' : ` at sequence ${this.current}`;
      throw invalid(`it took longer than ${TIME_LIMIT_MS / 1_000} seconds${where}`);
    }
    return (result as { readonly value: T } | null)?.value as T;
  }

  private noteFailure({ sequenceNum }: JournalEntry, reason: string): void {
    this.failed += 1;
    this.firstFailure ??= { sequence: sequenceNum, reason };
  }
}

const RUN = new Script('run()');

/**
 * Parses and checks an expression.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) with the position of the mistake
 */
export function compileWhere(source: string): WhereExpression {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: LIMITS,
  });
  for (const [name, type] of Object.entries(VARIABLES)) environment.registerVariable(name, type);
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    throw wrongExpression(source, error);
  }
  const { valid, type, error } = parsed.check();
  if (!valid) throw wrongExpression(source, error);
  checkConstants(environment, source, parsed.ast);
  if (type !== 'bool' && type !== 'dyn') throw invalid(`its value is of type ${type}, not bool`);
  return new WhereExpression(source, parsed);
}

const VARIABLES: Readonly<Record<keyof EntryVariables, string>> = {
  sequence: 'int',
  timestamp_ns: 'int',
  time: 'google.protobuf.Timestamp',
  kind: 'dyn',
  command: 'dyn',
  result: 'dyn',
  metadata: 'dyn',
  command_id: 'dyn',
  event: 'dyn',
};

const NS_PER_MS = 1_000_000n;

/** The variables of one entry. Only those that the expression reads are decoded. */
class EntryVariables {
  readonly #payload: DecodedPayload;
  readonly #entry: JournalEntry;
  #event: ReadonlyMap<string, unknown> | null = null;

  constructor(payload: DecodedPayload, entry: JournalEntry) {
    this.#payload = payload;
    this.#entry = entry;
  }

  get sequence(): bigint {
    return this.#entry.sequenceNum;
  }

  get timestamp_ns(): bigint {
    return this.#entry.timestampNs;
  }

  get time(): Date {
    return new Date(Number(this.#entry.timestampNs / NS_PER_MS));
  }

  get kind(): string | null {
    return this.#payload.kind;
  }

  get command(): unknown {
    return this.member('command');
  }

  get result(): unknown {
    return this.member('result');
  }

  get metadata(): unknown {
    return this.member('metadata');
  }

  get command_id(): string | null {
    return this.#payload.commandId;
  }

  get event(): ReadonlyMap<string, unknown> {
    return (this.#event ??= toCel(this.#payload.exactRecord) as ReadonlyMap<string, unknown>);
  }

  private member(name: string): unknown {
    return this.event.get(name) ?? null;
  }
}

/** A Map, because a payload may have members such as `constructor`, which cel-js reads of an object. */
function toCel(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toCel);
  return new Map(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
}

/**
 * Evaluates what does not depend on an entry: `timestamp("2026-03-01")` and `matches("(")` are mistakes, not
 * entries without a value.
 */
function checkConstants(environment: Environment, source: string, node: unknown): void {
  if (Array.isArray(node)) {
    for (const child of node) checkConstants(environment, source, child);
    return;
  }
  if (!isNode(node)) return;
  const { op, args } = node;
  checkConstants(environment, source, args);
  if (op === 'call' && isConstant((args as unknown[])[1])) {
    evaluateConstant(environment, source, node, source.slice(node.start, node.end));
  }
  if (op === 'rcall' && (args as unknown[])[0] === 'matches' && isConstant((args as unknown[])[2])) {
    const [pattern] = (args as [unknown, unknown, ExpressionNode[]])[2];
    if (pattern === undefined) return;
    evaluateConstant(environment, source, pattern, `"".matches(${source.slice(pattern.start, pattern.end)})`);
  }
}

function evaluateConstant(environment: Environment, source: string, at: ExpressionNode, text: string): void {
  try {
    environment.evaluate(text);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw invalid(describePlace(source, at.start, error.summary));
  }
}

interface ExpressionNode {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
}

function isNode(value: unknown): value is ExpressionNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** Whether arguments are literals, at least one. */
function isConstant(args: unknown): boolean {
  return Array.isArray(args) && args.length > 0 && args.every((arg) => isNode(arg) && arg.op === 'value');
}

function wrongExpression(source: string, error: unknown): InvalidArgumentError {
  const { summary, range } = error as {
    readonly summary?: string;
    readonly range?: { readonly start: number };
  };
  return invalid(describePlace(source, range?.start ?? 0, summary ?? messageOf(error)));
}

/** The line of the expression with a mark under the position, and the fault. */
function describePlace(source: string, at: number, fault: string): string {
  const lineStart = source.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = source.indexOf('\n', at);
  const line = source.slice(lineStart, lineEnd < 0 ? source.length : lineEnd);
  const column = at - lineStart;
  return `\n  ${line}\n  ${' '.repeat(column)}^\n${fault}, at character ${at + 1}`;
}

function invalid(fault: string): InvalidArgumentError {
  return new InvalidArgumentError('where', undefined, '', `--where cannot be used: ${fault}`);
}
