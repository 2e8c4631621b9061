import type { FileSystem } from '../../src/file-journal/index.js';
import { IoError } from '../../src/journal/index.js';

type Operation = keyof FileSystem;
type AnyCall = (...args: unknown[]) => unknown;

interface Fault {
  readonly operation: Operation;
  readonly osCode: string;
  readonly path: RegExp;
  /** Calls that still succeed. */
  after: number;
  /** Calls that fail then. */
  times: number;
}

/** Operations that report their outcome by a promise. */
const BACKGROUND: ReadonlySet<Operation> = new Set([
  'sync',
  'syncDirectory',
  'writeInBackground',
  'evictCachedPages',
]);

/** The real file system, with calls counted, failed and delayed on demand. */
export class FaultyFileSystem {
  readonly calls: { operation: Operation; path: string }[] = [];
  #faults: Fault[] = [];
  #gates: { operation: Operation; release: Promise<void> }[] = [];

  /** For the `fileSystem` option. */
  readonly wrap = (real: FileSystem): FileSystem => {
    const wrapped: Record<string, unknown> = {};
    for (const [name, call] of Object.entries(real)) {
      wrapped[name] = (...args: unknown[]) => this.#called(name as Operation, call as AnyCall, args);
    }
    return wrapped as unknown as FileSystem;
  };

  /** Calls so far. The checkpoint is synced once a second, so a count of syncs names the file. */
  count(operation: Operation, path = /./): number {
    return this.calls.filter((call) => call.operation === operation && path.test(call.path)).length;
  }

  fail(
    operation: Operation,
    osCode: string,
    { path = /./, after = 0, times = Infinity }: { path?: RegExp; after?: number; times?: number } = {},
  ): void {
    this.#faults.push({ operation, osCode, path, after, times });
  }

  heal(): void {
    this.#faults = [];
  }

  /** Holds calls of an operation back. @returns lets them go */
  hold(operation: 'sync' | 'syncDirectory'): () => void {
    let open = (): void => undefined;
    const release = new Promise<void>((resolve) => {
      open = resolve;
    });
    const gate = { operation, release } as const;
    this.#gates.push(gate);
    return () => {
      this.#gates = this.#gates.filter((other) => other !== gate);
      open();
    };
  }

  #called(operation: Operation, call: AnyCall, args: unknown[]): unknown {
    const path = [...args].reverse().find((argument) => typeof argument === 'string') as string | undefined;
    this.calls.push({ operation, path: path ?? '' });
    const failure = this.#failureOf(operation, path ?? '');
    if (failure !== null) {
      if (BACKGROUND.has(operation)) return Promise.reject(failure);
      throw failure;
    }
    const gate = this.#gates.find((other) => other.operation === operation);
    if (gate !== undefined) return gate.release.then(() => call(...args));
    return call(...args);
  }

  #failureOf(operation: Operation, path: string): IoError | null {
    for (const fault of this.#faults) {
      if (fault.operation !== operation || !fault.path.test(path)) continue;
      if (fault.after > 0) {
        fault.after -= 1;
        continue;
      }
      if (fault.times <= 0) continue;
      fault.times -= 1;
      return new IoError(operation, path, fault.osCode);
    }
    return null;
  }
}
