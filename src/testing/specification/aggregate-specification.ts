import { setVersion } from '../../aggregates/index.js';
import type { AggregateRootLike } from '../../aggregates/index.js';
import { fromCommand, type EventClasses } from '../../events/index.js';
import { assertCallOptions, type OptionNames, isThenable } from '../../common/index.js';
import { type PayloadCodec } from '../../journal/index.js';
import { onAnotherDay } from './another-day.js';
import { capture } from './captured-state.js';
import {
  assertError,
  assertMatches,
  assertSame,
  fail,
  rejectsAwait,
  show,
  type ExpectedError,
} from './expectations.js';
import { EntryMaker, saved } from './stored-events.js';

/** How the aggregates of a specification are made and compared. */
export interface AggregateSpecificationOptions<TAggregate> {
  /**
   * The event classes of the application. With them, events reach the aggregate as a journal gives them back, and a recorded event that
   * comes back as another one is a failure. @default none: events are taken as they are
   */
  readonly events?: EventClasses;
  /** The codec of the journal. @default jsonCodec() */
  readonly codec?: PayloadCodec;
  /** The state that events alone may change. @default the fields of the aggregate; private `#fields` cannot be seen */
  readonly state?: (aggregate: TAggregate) => unknown;
}

type Outcome<T> = { readonly returned: T } | { readonly error: unknown };

const AGGREGATE_ID = 'specified';

const OPTIONS: OptionNames<AggregateSpecificationOptions<unknown>> = {
  events: true,
  codec: true,
  state: true,
};

/**
 * Given events, when a method is called, then these events: for aggregate roots with events of their own. Synchronous, needs no journal and no
 * Nest application, and fails with an AssertionError of `node:assert`.
 *
 * Whatever is expected, `when` makes sure that the aggregate can be loaded again: built from all its events, on another day, it has the state it
 * has in memory (so no state changes without an event, and no handler looks at a clock); a throw has applied nothing and changed nothing; and, where
 * `events` are given, every recorded event comes back from the journal as it went in.
 *
 * @example
 * AggregateSpecification.for(() => new Account('ada'), { events: ACCOUNT_EVENTS })
 *   .given([AccountOpened.of('Ada', 'EUR')])
 *   .when((account) => account.deposit(5n))
 *   .then([MoneyDeposited.of(5n)]);
 * @publicApi
 */
export class AggregateSpecification<TAggregate extends object> {
  private constructor(
    private readonly create: () => TAggregate,
    private readonly options: AggregateSpecificationOptions<TAggregate>,
    private readonly history: readonly object[],
  ) {}

  /** @param create makes an aggregate without events; called several times for one specification */
  static for<TAggregate extends object>(
    create: () => TAggregate,
    options: AggregateSpecificationOptions<TAggregate> = {},
  ): AggregateSpecification<TAggregate> {
    assertCallOptions(options, OPTIONS);
    return new AggregateSpecification(create, options, []);
  }

  /** Events that are stored, in this order; several calls add up. */
  given(events: readonly object[]): AggregateSpecification<TAggregate> {
    return new AggregateSpecification(this.create, this.options, [...this.history, ...events]);
  }

  /**
   * Calls what is specified.
   * @throws AssertionError when the aggregate could not be loaded again as it is
   */
  when<T>(act: (aggregate: TAggregate) => T): AggregateOutcome<TAggregate, T> {
    const aggregate = this.load(this.history);
    const before = this.stateOf(aggregate);
    const outcome = call(() => act(aggregate));
    const recorded = [...rootOf(aggregate).getUncommittedEvents()];
    if ('error' in outcome) this.assertUntouched(aggregate, before, recorded, outcome.error);
    else this.assertLoadsAgain(aggregate, recorded);
    return new AggregateOutcome(aggregate, outcome, recorded);
  }

  private load(events: readonly object[]): TAggregate {
    const aggregate = this.create();
    rootOf(aggregate).loadFromHistory(this.asStored(events));
    setVersion(aggregate, events.length);
    return aggregate;
  }

  private asStored(events: readonly object[]): object[] {
    if (this.options.events === undefined) return [...events];
    const maker = new EntryMaker(this.options);
    return events.map((event) => {
      const { command } = maker.make(saved(AGGREGATE_ID, event)).event;
      return fromCommand(command)?.[0]?.data as object;
    });
  }

  private assertUntouched(
    aggregate: TAggregate,
    before: unknown,
    recorded: readonly object[],
    error: unknown,
  ): void {
    assertSame(recorded, [], `the aggregate applied events before it threw ${show(error)}`);
    assertSame(this.stateOf(aggregate), before, `the aggregate changed before it threw ${show(error)}`);
  }

  private assertLoadsAgain(aggregate: TAggregate, recorded: readonly object[]): void {
    let stored: readonly object[];
    try {
      stored = this.asStored(recorded);
    } catch (error) {
      fail(`a recorded event cannot be stored: ${show(error)}`, error);
    }
    assertSame(stored, recorded, 'an event comes back from the journal as another one');
    const loaded = onAnotherDay(() => this.load([...this.history, ...recorded]));
    assertSame(
      this.stateOf(aggregate),
      this.stateOf(loaded),
      'the aggregate has a state that its events do not explain: loaded again it has another one',
    );
  }

  private stateOf(aggregate: TAggregate): unknown {
    return capture(this.options.state === undefined ? aggregate : this.options.state(aggregate));
  }
}

/**
 * What came of the call of an {@link AggregateSpecification}.
 * @publicApi
 */
export class AggregateOutcome<TAggregate, TReturned> {
  /** @internal */
  constructor(
    private readonly aggregate: TAggregate,
    private readonly outcome: Outcome<TReturned>,
    private readonly recorded: readonly object[],
  ) {}

  /** These events were applied, in this order, and no others. Ends the specification: other expectations stand before it. */
  // oxlint-disable-next-line unicorn/no-thenable -- the word of the field; an await of it rejects
  then(expected: readonly object[]): void;
  // oxlint-disable-next-line unicorn/no-thenable -- see above
  then(...args: readonly unknown[]): void {
    if (rejectsAwait(args)) return;
    const [expected] = args;
    this.assertReturned();
    assertSame(this.recorded, expected, 'the aggregate applied other events than expected');
  }

  /** Nothing was applied, and nothing thrown. */
  thenNothingHappened(): void {
    this.then([]);
  }

  /** The call threw: an error of this class, with this `code`, with such a message, or that satisfies the predicate. */
  thenThrows(expected: ExpectedError): void {
    if (!('error' in this.outcome))
      fail(`expected an error, but these events were applied: ${show(this.recorded)}`, this.recorded);
    assertError(this.outcome.error, expected);
  }

  /** The call returned this; a function may assert by itself, or return false. */
  thenReturns(check: (returned: TReturned) => boolean | void): this;
  thenReturns(expected: TReturned): this;
  thenReturns(expected: TReturned | ((returned: TReturned) => boolean | void)): this {
    assertMatches(this.assertReturned(), expected, 'what was returned');
    return this;
  }

  /** Looks at the aggregate afterwards; may assert by itself, or return false. */
  thenState(look: (aggregate: TAggregate) => boolean | void): this {
    assertMatches(this.aggregate, look, 'the aggregate');
    return this;
  }

  private assertReturned(): TReturned {
    if ('error' in this.outcome)
      fail(`expected events, but the call threw ${show(this.outcome.error)}`, this.outcome.error);
    return this.outcome.returned;
  }
}

function call<T>(act: () => T): Outcome<T> {
  let returned: T;
  try {
    returned = act();
  } catch (error) {
    return { error };
  }
  if (isThenable(returned)) {
    fail(
      'the call is asynchronous: an aggregate decides at once, what it waits for belongs into the command handler',
    );
  }
  return { returned };
}

/** The methods of an aggregate root are protected or untyped in some of its variants. */
function rootOf(aggregate: object): AggregateRootLike {
  return aggregate as AggregateRootLike;
}
