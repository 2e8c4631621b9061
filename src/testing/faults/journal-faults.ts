import { IoError, type Journal } from '../../journal/index.js';
import { assertCallOptions, type OptionNames } from '../../common/index.js';
import { FaultInjectingJournal } from './fault-injecting-journal.js';

/** What a failed write says. */
export interface WriteFailure {
  /** True: the entry is there after a restart, although its append was rejected. @default false */
  readonly stored?: boolean;
  /** The cause of the JournalPoisonedError. @default IoError (`JOURNAL_IO`): fdatasync, EIO */
  readonly cause?: unknown;
}

/** What the journal asks before an append: go on, refuse it, or fail. */
export type AppendFault =
  | { readonly kind: 'refuse'; readonly error: unknown }
  | { readonly kind: 'poison'; readonly stored: boolean; readonly cause: unknown };

const PATH = 'memory';
const WRITE_FAILURE: OptionNames<WriteFailure> = { stored: true, cause: true };

/**
 * The faults of a journal under test, armed and disarmed at will, without timers. It outlives a restart: what `wrap` makes of the next
 * journal obeys the same faults.
 *
 * @example
 * const faults = new JournalFaults();
 * const journal = faults.wrap(await InMemoryJournal.open());
 * faults.diskFull();
 * await journal.append(event); // rejects with IoError (ENOSPC), outcome 'not-written'
 * faults.freeDisk();
 * @publicApi
 */
export class JournalFaults {
  private refusals: unknown[] = [];
  private isDiskFull = false;
  private nextFailure: Required<WriteFailure> | null = null;
  private readonly failures = new Map<bigint, Required<WriteFailure>>();
  private readonly corrupt = new Set<bigint>();
  private gate: { readonly released: Promise<void>; readonly release: () => void } | null = null;

  /** Bound, for the option `wrap` of `FileJournalModule.forTesting`. */
  readonly wrap = <TCommand, TResult>(journal: Journal<TCommand, TResult>): Journal<TCommand, TResult> =>
    new FaultInjectingJournal(journal, this);

  /**
   * The next appends are refused before anything is written, `outcome` is `not-written`; the journal goes on afterwards.
   * @param error makes what each rejects with. @default IoError (`JOURNAL_IO`): fallocate, ENOSPC
   */
  refuseNextAppends(count: number, error: () => unknown = outOfSpace): void {
    for (let index = 0; index < count; index += 1) this.refusals.push(error());
  }

  /** Every append is refused as on a disk without space (IoError, ENOSPC, `not-written`), until `freeDisk`. */
  diskFull(): void {
    this.isDiskFull = true;
  }

  freeDisk(): void {
    this.isDiskFull = false;
  }

  /** The write of the next append fails when it has begun: JournalPoisonedError with `outcome: 'unknown'`, and the journal is poisoned. */
  failNextWrite(failure: WriteFailure = {}): void {
    this.nextFailure = withDefaults(failure);
  }

  /** As `failNextWrite`, for the append of this sequence. */
  poisonAt(sequence: bigint | number, failure: WriteFailure = {}): void {
    this.failures.set(BigInt(sequence), withDefaults(failure));
  }

  /** Reading finds the checksum of this entry wrong: CorruptEntryError, or what `onCorrupt` says. */
  corruptEntry(sequence: bigint | number): void {
    this.corrupt.add(BigInt(sequence));
  }

  /**
   * A disk that does not answer: appends take their sequences and wait, flush and close wait with them, until `release`. Events are
   * encoded when they are let go.
   */
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

  /** Disarms everything, and lets go of what is held. */
  reset(): void {
    this.refusals = [];
    this.isDiskFull = false;
    this.nextFailure = null;
    this.failures.clear();
    this.corrupt.clear();
    this.release();
  }

  /** @internal Resolves when nothing holds appends; null when nothing does. */
  get held(): Promise<void> | null {
    return this.gate?.released ?? null;
  }

  /** @internal Whether any append could meet a fault. */
  get isArmed(): boolean {
    return (
      this.gate !== null ||
      this.isDiskFull ||
      this.refusals.length > 0 ||
      this.nextFailure !== null ||
      this.failures.size > 0
    );
  }

  /** @internal What becomes of a write of these sequences; null: nothing unusual. Each armed fault is given once. */
  takeFault(first: bigint, last: bigint): AppendFault | null {
    if (this.refusals.length > 0) return { kind: 'refuse', error: this.refusals.shift() };
    if (this.isDiskFull) return { kind: 'refuse', error: outOfSpace() };
    const failure = this.takeFailure(first, last);
    return failure === null ? null : { kind: 'poison', ...failure };
  }

  /** @internal */
  isCorrupt(sequence: bigint): boolean {
    return this.corrupt.has(sequence);
  }

  /** @internal */
  get hasCorruptEntries(): boolean {
    return this.corrupt.size > 0;
  }

  private takeFailure(first: bigint, last: bigint): Required<WriteFailure> | null {
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

function withDefaults(failure: WriteFailure): Required<WriteFailure> {
  assertCallOptions(failure, WRITE_FAILURE);
  const { stored = false, cause } = failure;
  return { stored, cause: cause ?? new IoError('fdatasync', PATH, 'EIO') };
}

/** As the file journal words it. */
function outOfSpace(): IoError {
  return new IoError('fallocate', PATH, 'ENOSPC', {
    outcome: 'not-written',
    hint: 'nothing was written; the journal accepts appends again once there is space',
  });
}
