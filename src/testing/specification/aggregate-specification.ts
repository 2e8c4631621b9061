import { setVersion } from '../../aggregates/index.js';
import type { AggregateRootLike } from '../../aggregates/index.js';
import { fromCommand, type EventClasses } from '../../events/index.js';
import {
  isThenable,
  resolveCallOptions,
  uncheckedOption,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../../common/index.js';
import { type PayloadCodec } from '../../journal/index.js';
import { jsonCodec } from '../../serialization/index.js';
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

// A new option is one property of this table. It is a function, because `state` has the type of the class.
function optionTable<TAggregate>() {
  return {
    /**
     * The event classes of the application. With them, events reach the aggregate as a journal returns them,
     * and the specification fails if a recorded event would read back differently.
     * @default none: events are used as they are
     */
    events: uncheckedOption<EventClasses>(),
    /** The codec of the journal. @default jsonCodec() */
    codec: uncheckedOption<PayloadCodec>(jsonCodec()),
    /**
     * The state that only events may change.
     * @default the fields of the aggregate without private `#fields`
     */
    state: uncheckedOption<(aggregate: TAggregate) => unknown>(),
  };
}

type Options<TAggregate> = ReturnType<typeof optionTable<TAggregate>>;

/**
 * Options of {@link AggregateSpecification}.
 * @publicApi
 */
export interface AggregateSpecificationOptions<TAggregate> extends OptionsOf<Options<TAggregate>> {}

type ResolvedOptions<TAggregate> = ResolvedOptionsOf<Options<TAggregate>>;

type Outcome<T> = { readonly returned: T } | { readonly error: unknown };

const AGGREGATE_ID = 'specified';

/**
 * Specifies an aggregate root with events of its own: given events, when a method is called, then these
 * events. It is synchronous, needs no journal and no Nest application, and fails with an AssertionError of
 * `node:assert`.
 *
 * Independent of the expectation, `when` checks that the aggregate can be loaded again:
 * - Rebuilt from all its events on another day, it has the same state. So no state changes without an event,
 *   and no handler reads a clock.
 * - A call that throws has applied no event and changed no state.
 * - With `events`, every recorded event returns from the journal unchanged.
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
    private readonly options: ResolvedOptions<TAggregate>,
    private readonly history: readonly object[],
  ) {}

  /**
   * Begins a specification of one aggregate class.
   * @param create makes an aggregate without events; called several times for one specification
   */
  static for<TAggregate extends object>(
    create: () => TAggregate,
    options: AggregateSpecificationOptions<TAggregate> = {},
  ): AggregateSpecification<TAggregate> {
    const resolved = resolveCallOptions<Options<TAggregate>>(optionTable<TAggregate>(), options);
    return new AggregateSpecification(create, resolved, []);
  }

  /** Adds stored events, in this order. */
  given(events: readonly object[]): AggregateSpecification<TAggregate> {
    return new AggregateSpecification(this.create, this.options, [...this.history, ...events]);
  }

  /**
   * Calls the method.
   * @throws AssertionError if a reload would give another aggregate
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
    assertSame(stored, recorded, 'the journal returns another event than was recorded');
    const loaded = onAnotherDay(() => this.load([...this.history, ...recorded]));
    assertSame(
      this.stateOf(aggregate),
      this.stateOf(loaded),
      'the state of the aggregate does not follow from its events: a reload gives another state',
    );
  }

  private stateOf(aggregate: TAggregate): unknown {
    return capture(this.options.state === undefined ? aggregate : this.options.state(aggregate));
  }
}

/**
 * Outcome of the call of an {@link AggregateSpecification}.
 * @publicApi
 */
export class AggregateOutcome<TAggregate, TReturned> {
  /** @internal */
  constructor(
    private readonly aggregate: TAggregate,
    private readonly outcome: Outcome<TReturned>,
    private readonly recorded: readonly object[],
  ) {}

  /**
   * Expects exactly these events, in this order. Ends the specification: other expectations come before it.
   */
  // oxlint-disable-next-line unicorn/no-thenable -- the usual word; an await of it rejects
  then(expected: readonly object[]): void;
  // oxlint-disable-next-line unicorn/no-thenable -- see above
  then(...args: readonly unknown[]): void {
    if (rejectsAwait(args)) return;
    const [expected] = args;
    this.assertReturned();
    assertSame(this.recorded, expected, 'the aggregate applied other events than expected');
  }

  /** Expects no event and no error. */
  thenNothingHappened(): void {
    this.then([]);
  }

  /**
   * Expects an error: an instance of this class, this `code`, a matching message, or one that satisfies the
   * predicate.
   */
  thenThrows(expected: ExpectedError): void {
    if (!('error' in this.outcome))
      fail(`expected an error, but these events were applied: ${show(this.recorded)}`, this.recorded);
    assertError(this.outcome.error, expected);
  }

  /** Expects this return value; a function may contain assertions, or return false. */
  thenReturns(check: (returned: TReturned) => boolean | void): this;
  thenReturns(expected: TReturned): this;
  thenReturns(expected: TReturned | ((returned: TReturned) => boolean | void)): this {
    assertMatches(this.assertReturned(), expected, 'the returned value');
    return this;
  }

  /** Checks the aggregate afterwards; the function may contain assertions, or return false. */
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
      'the call is asynchronous: an aggregate must decide synchronously; wait in the command handler instead',
    );
  }
  return { returned };
}

/** The methods of an aggregate root are protected or untyped in some of its variants. */
function rootOf(aggregate: object): AggregateRootLike {
  return aggregate as AggregateRootLike;
}
