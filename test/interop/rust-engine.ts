import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';
import type { OrderBookEngine } from '../../src/order-book/index.js';

/** An entry as a version of orderbook-rs reads it. */
export interface RustEntry {
  readonly seq: string;
  readonly ts: string;
  readonly crc: number;
  /** The JSON that it writes for the event. */
  readonly json: string;
}

/** What a version of orderbook-rs reads in a journal directory. */
export interface RustReading {
  readonly entries: readonly RustEntry[];
  readonly errors: readonly string[];
  readonly last: string | null;
  /** `ok`, or the error. */
  readonly verify: string;
}

/** The answer to one line of `append`. */
export type RustAnswer = { readonly json: string } | { readonly error: string };

/** A built program of `test/interop/rust`. The README describes its subcommands. */
export class RustEngine {
  constructor(
    readonly version: OrderBookEngine,
    private readonly binary: string,
  ) {}

  /** Whether this engine is the version or a later one. */
  isAtLeast(version: OrderBookEngine): boolean {
    return minor(this.version) >= minor(version);
  }

  read(directory: string, from = 0n): RustReading {
    const lines = this.run(['read', directory, String(from)]).map((line) => JSON.parse(line) as object);
    const end = lines.pop() as { last: string | null; verify: string | { error: string } };
    return {
      entries: lines.filter((line): line is RustEntry => 'json' in line),
      errors: lines.flatMap((line) => ('error' in line ? [String(line.error)] : [])),
      last: end.last,
      verify: typeof end.verify === 'string' ? end.verify : end.verify.error,
    };
  }

  append(directory: string, payloads: readonly string[], segmentSize: number): RustAnswer[] {
    const options = ['append', directory, '--segment-size', String(segmentSize)];
    return this.run(options, payloads).map((line) => JSON.parse(line) as RustAnswer);
  }

  archive(directory: string, before: bigint): void {
    this.run(['archive', directory, String(before)]);
  }

  /** Runs the program with lines of stdin, and returns lines of stdout. */
  run(options: readonly string[], input: readonly string[] = []): string[] {
    const { status, stdout, stderr, error } = spawnSync(this.binary, options, {
      input: input.map((line) => `${line}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`orderbook-rs ${this.version} ${options[0]}: ${stderr}`);
    return stdout.split('\n').slice(0, -1);
  }
}

/** The engines that `npm run test:interop` built, oldest first. */
const ENGINES: readonly RustEngine[] = Object.entries(
  JSON.parse(process.env['INTEROP_ENGINES'] ?? '{}') as Record<string, string>,
).map(([version, binary]) => new RustEngine(version as OrderBookEngine, binary));

/** A placeholder for skipped tests, which have no engine. */
const NO_ENGINE = new RustEngine('0.15', '');

/**
 * Runs tests with each built engine that `fits`. Without engines the tests are skipped, and their title says
 * why.
 */
export function describeEngines(
  name: string,
  tests: (engine: RustEngine) => void,
  fits: (engine: RustEngine) => boolean = () => true,
): void {
  const isSkipped = ENGINES.length === 0;
  for (const engine of isSkipped ? [NO_ENGINE] : ENGINES.filter(fits)) {
    const which = isSkipped
      ? '(skipped: there is no cargo, or npm run test:interop did not start this)'
      : `orderbook-rs ${engine.version}`;
    (isSkipped ? describe.skip : describe)(`${name}, ${which}`, () => {
      tests(engine);
    });
  }
}

/** Whether this is the newest of the built engines. */
export function isNewest(engine: RustEngine): boolean {
  return engine === ENGINES.at(-1);
}

function minor(version: OrderBookEngine): number {
  return Number(version.slice(version.indexOf('.') + 1));
}
