import { IoError } from '../../journal/index.js';
import {
  resolveCallOptions,
  uncheckedOption,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../../common/index.js';

/** A path for errors of a journal without files. */
const PATH = 'memory';

const WRITE_FAILURE = {
  /** True: the entry exists after a restart, although its append was rejected. @default false */
  stored: uncheckedOption(false),
  /** The cause of the JournalPoisonedError. @default IoError (`JOURNAL_IO`): fdatasync, EIO */
  cause: uncheckedOption<unknown>(),
};

/**
 * A write that fails after it has begun.
 * @publicApi
 */
export interface WriteFailure extends OptionsOf<typeof WRITE_FAILURE> {}

type ResolvedWriteFailure = ResolvedOptionsOf<typeof WRITE_FAILURE>;

/** What happens to an append instead of a write. */
export type AppendFault =
  | { readonly kind: 'refuse'; readonly error: unknown }
  | { readonly kind: 'poison'; readonly stored: boolean; readonly cause: unknown };

/** The faults that are armed now. A test arms them; the journals under test take them. */
export class ArmedFaults {
  private readonly refusals: unknown[] = [];
  private isDiskFull = false;
  private nextFailure: ResolvedWriteFailure | null = null;
  private readonly failures = new Map<bigint, ResolvedWriteFailure>();
  private readonly corrupt = new Set<bigint>();
  private gate: { readonly released: Promise<void>; readonly release: () => void } | null = null;

  refuseNext(error: unknown): void {
    this.refusals.push(error);
  }

  setDiskFull(isDiskFull: boolean): void {
    this.isDiskFull = isDiskFull;
  }

  failNext(failure: WriteFailure): void {
    this.nextFailure = withDefaults(failure);
  }

  failAt(sequence: bigint, failure: WriteFailure): void {
    this.failures.set(sequence, withDefaults(failure));
  }

  corruptAt(sequence: bigint): void {
    this.corrupt.add(sequence);
  }

  hold(): void {
    if (this.gate !== null) return;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.gate = { released, release };
  }

  release(): void {
    this.gate?.release();
    this.gate = null;
  }

  reset(): void {
    this.refusals.length = 0;
    this.isDiskFull = false;
    this.nextFailure = null;
    this.failures.clear();
    this.corrupt.clear();
    this.release();
  }

  /** Resolves on `release`; null if appends are not held. */
  get held(): Promise<void> | null {
    return this.gate?.released ?? null;
  }

  /** Whether an append could meet a fault. */
  get concernsAppends(): boolean {
    return (
      this.gate !== null ||
      this.isDiskFull ||
      this.refusals.length > 0 ||
      this.nextFailure !== null ||
      this.failures.size > 0
    );
  }

  get hasCorruptEntries(): boolean {
    return this.corrupt.size > 0;
  }

  isCorrupt(sequence: bigint): boolean {
    return this.corrupt.has(sequence);
  }

  /**
   * Takes the fault of a write of these sequences, so that no other write meets it; null if there is none.
   */
  takeFor(first: bigint, last: bigint): AppendFault | null {
    if (this.refusals.length > 0) return { kind: 'refuse', error: this.refusals.shift() };
    if (this.isDiskFull) return { kind: 'refuse', error: outOfSpace() };
    const failure = this.takeFailure(first, last);
    return failure === null ? null : { kind: 'poison', ...failure };
  }

  private takeFailure(first: bigint, last: bigint): ResolvedWriteFailure | null {
    const next = this.nextFailure;
    this.nextFailure = null;
    if (next !== null) return next;
    for (const [sequence, failure] of this.failures) {
      if (sequence < first || sequence > last) continue;
      this.failures.delete(sequence);
      return failure;
    }
    return null;
  }
}

/** The error of a disk without space, in the words of the file journal. */
export function outOfSpace(): IoError {
  return new IoError('fallocate', PATH, 'ENOSPC', {
    outcome: 'not-written',
    hint: 'nothing was written; the journal accepts appends again once there is space',
  });
}

function withDefaults(failure: WriteFailure): ResolvedWriteFailure {
  const { stored, cause } = resolveCallOptions(WRITE_FAILURE, failure);
  return { stored, cause: cause ?? new IoError('fdatasync', PATH, 'EIO') };
}
