import type { ResultOf } from '../../sequencer/index.js';
import { assertError, assertMatches, fail, show, type ExpectedError } from './expectations.js';

/** What `execute` returned or threw. */
export type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * Outcome of the command of a `SequencerSpecification`.
 * @publicApi
 */
export class SequencerOutcome<TAggregate> {
  /** @internal */
  constructor(
    private readonly outcome: Outcome,
    private readonly aggregate: TAggregate,
    private readonly state: unknown,
  ) {}

  /** Expects this result; a function may contain assertions, or return false. */
  thenResult(check: (result: ResultOf<TAggregate>) => boolean | void): this;
  thenResult(expected: ResultOf<TAggregate>): this;
  thenResult(expected: ResultOf<TAggregate> | ((result: ResultOf<TAggregate>) => boolean | void)): this {
    if ('error' in this.outcome)
      fail(`expected a result, but execute() threw ${show(this.outcome.error)}`, this.outcome.error);
    assertMatches(this.outcome.result, expected, 'the result');
    return this;
  }

  /**
   * Expects an error of `execute()`: an instance of this class, this `code`, a matching message, or one that
   * satisfies the predicate.
   */
  thenRejects(expected: ExpectedError): this {
    if (!('error' in this.outcome))
      fail(`expected execute() to throw, but it returned ${show(this.outcome.result)}`, this.outcome.result);
    assertError(this.outcome.error, expected);
    return this;
  }

  /** Expects this state, as `state` or `snapshot()` returns it; a function checks the aggregate itself. */
  thenState(expected: ((aggregate: TAggregate) => boolean | void) | object): this {
    assertMatches<unknown>(
      typeof expected === 'function' ? this.aggregate : this.state,
      expected,
      'the state',
    );
    return this;
  }
}
