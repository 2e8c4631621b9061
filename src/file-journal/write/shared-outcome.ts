import { Deferred } from '../../common/index.js';

/**
 * Up to some callers that wait for the same thing, as long as it has the same outcome for all of them.
 *
 * Each caller gets a promise that derives from a common one. That takes half of the memory of a promise with
 * functions of its own. But callers do not share the promise itself: each may get an error of its own, and an
 * error that a caller ignores is reported as unhandled.
 */
export class SharedOutcome {
  readonly #common: Promise<void>;
  #resolveCommon: () => void = nothing;
  #rejectCommon: (reason: unknown) => void = nothing;
  #callers = 0;
  /** By caller, once they are split. */
  #own: readonly Deferred<void>[] | null = null;
  #asked = 0;

  constructor() {
    this.#common = new Promise((resolve, reject) => {
      this.#resolveCommon = resolve;
      this.#rejectCommon = reject;
    });
  }

  get callers(): number {
    return this.#callers;
  }

  get isSplit(): boolean {
    return this.#own !== null;
  }

  /** Adds a caller. @returns its promise */
  add(): Promise<void> {
    this.#callers += 1;
    return this.#common.then(undefined, this.#ownOfNext);
  }

  /** Resolves the promises of all callers. */
  resolve(): void {
    this.#resolveCommon();
  }

  /** Gives each caller an outcome of its own, which `resolveOne` or `rejectOne` settles. */
  split(): void {
    if (this.#own !== null) return;
    this.#own = Array.from({ length: this.#callers }, () => new Deferred());
    // Not these promises but those that derive from them report an unhandled rejection.
    for (const { promise } of this.#own) promise.catch(nothing);
    this.#rejectCommon(SPLIT);
  }

  resolveOne(caller: number): void {
    this.#own?.[caller]?.resolve();
  }

  rejectOne(caller: number, error: unknown): void {
    this.#own?.[caller]?.reject(error);
  }

  /** Called after a split, once by each derived promise, in the order in which they were made. */
  readonly #ownOfNext = (): Promise<void> | undefined => {
    const own = this.#own?.[this.#asked]?.promise;
    this.#asked += 1;
    return own;
  };
}

/** What the common promise is rejected with. No caller sees it. */
const SPLIT = Symbol('split');

function nothing(): void {}
