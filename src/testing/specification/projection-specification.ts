import type { EventClasses } from '../../events/index.js';
import {
  resolveCallOptions,
  uncheckedOption,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../../common/index.js';
import { type JournalEntry, type PayloadCodec } from '../../journal/index.js';
import { ProjectionHandlers } from '../../projections/index.js';
import { getProjectionMetadata, type ProjectionContext } from '../../projections/index.js';
import { jsonCodec } from '../../serialization/index.js';
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
import { EntryMaker, type GivenEntry } from './stored-events.js';

// A new option is one property of this table. It is a function, because `state` has the type of the class.
function optionTable<TProjection>() {
  return {
    /** Event classes that are registered with the journal. @default none: handlers get plain data */
    events: uncheckedOption<EventClasses>(),
    /** The codec of the journal. @default jsonCodec() */
    codec: uncheckedOption<PayloadCodec>(jsonCodec()),
    /** The state that `then` compares. @default the fields of the projection */
    state: uncheckedOption<(projection: TProjection) => unknown>(),
    /** The transaction that handlers get, as from a transactional checkpoint store. @default undefined */
    transaction: uncheckedOption<unknown>(),
  };
}

type Options<TProjection> = ReturnType<typeof optionTable<TProjection>>;

/**
 * Options of {@link ProjectionSpecification}.
 * @publicApi
 */
export interface ProjectionSpecificationOptions<TProjection> extends OptionsOf<Options<TProjection>> {}

type ResolvedOptions<TProjection> = ResolvedOptionsOf<Options<TProjection>>;

interface Step {
  readonly entry: GivenEntry;
  readonly isReplaying: boolean;
}

interface Sent {
  readonly command: unknown;
  readonly idempotencyKey: string;
}

/**
 * Specifies a class with `@Projection()` or `@ProcessManager()`: given entries, then a state or commands.
 * Handlers are called as in an application: in order, with `isReplaying` and idempotency keys. Commands are
 * not sent. It needs no journal and no Nest application, and rejects with an AssertionError of `node:assert`.
 *
 * Each expectation runs on a new instance, so expectations do not affect each other. Handlers may be
 * asynchronous: await each expectation.
 *
 * @example
 * await ProjectionSpecification.for(() => new Balances())
 *   .given([{ Deposited: { account: 'ada', cents: 5 } }])
 *   .then({ ada: 5 });
 * @publicApi
 */
export class ProjectionSpecification<TProjection extends object> {
  private constructor(
    private readonly create: () => TProjection,
    private readonly options: ResolvedOptions<TProjection>,
    private readonly steps: readonly Step[],
    /** Commands for entries before this one are ignored. */
    private readonly since: number,
  ) {}

  /**
   * Begins a specification of one projection class.
   * @param create makes a projection that has handled no entry; called at least once per expectation
   */
  static for<TProjection extends object>(
    create: () => TProjection,
    options: ProjectionSpecificationOptions<TProjection> = {},
  ): ProjectionSpecification<TProjection> {
    const resolved = resolveCallOptions<Options<TProjection>>(optionTable<TProjection>(), options);
    return new ProjectionSpecification(create, resolved, [], 0);
  }

  /**
   * Adds entries from before the class was registered: `isReplaying` is true, and a process manager sends no
   * commands.
   */
  givenHistory(entries: readonly GivenEntry[]): ProjectionSpecification<TProjection> {
    return this.with(entries, true, this.since);
  }

  /** Adds entries that were handled as new ones. */
  given(entries: readonly GivenEntry[]): ProjectionSpecification<TProjection> {
    return this.with(entries, false, this.since);
  }

  /** Adds entries that come now: `thenCommands` checks only the commands for them. */
  when(...entries: GivenEntry[]): ProjectionSpecification<TProjection> {
    return this.with(entries, false, this.steps.length);
  }

  /** Expects this state, strictly and deeply equal. */
  // The usual word; an await of the specification itself rejects.
  // oxlint-disable-next-line unicorn/no-thenable
  then(expected: unknown): Promise<void>;
  // oxlint-disable-next-line unicorn/no-thenable -- see above
  async then(...args: readonly unknown[]): Promise<void> {
    if (rejectsAwait(args)) return;
    const [expected] = args;
    const { projection } = await this.run();
    const { state } = this.options;
    assertSame(
      capture(state === undefined ? { ...projection } : state(projection)),
      expected,
      'the state differs from the expected one',
    );
  }

  /** Checks the projection; the function may contain assertions, or return false. */
  async thenState(look: (projection: TProjection) => boolean | void): Promise<void> {
    const { projection } = await this.run();
    assertMatches(projection, look, 'the projection');
  }

  /** Expects exactly these commands of a process manager, in this order. */
  async thenCommands(expected: readonly unknown[]): Promise<void> {
    const { sent } = await this.run();
    const commands = sent.map(({ command }) => command);
    assertSame(commands, expected, 'the process manager sends other commands than expected');
    const again = await this.run();
    assertSame(
      again.sent,
      sent,
      'handled again, the same entries lead to other commands or other idempotency keys',
    );
  }

  /**
   * Expects an error of a handler: an instance of this class, this `code`, a matching message, or one that
   * satisfies the predicate.
   */
  async thenThrows(expected: ExpectedError): Promise<void> {
    let error: unknown;
    try {
      await this.run();
    } catch (thrown) {
      error = thrown;
    }
    if (error === undefined) fail('expected a handler to throw, but all entries were handled');
    assertError(error, expected);
  }

  /** Expects a safe rebuild: `reset()` and all entries again as history give the same state. */
  async thenRebuildsTheSame(): Promise<void> {
    const run = await this.run();
    const { handlers, projection } = run;
    if (!handlers.canReset) fail('the projection cannot be rebuilt: it has no reset()');
    const stateOf = (): unknown => capture(this.options.state?.(projection) ?? projection);
    const before = stateOf();
    const { projection: name, transaction, signal } = this.contextOf(null, true);
    await handlers.reset({ projection: name, transaction, signal });
    await this.handle(
      handlers,
      this.steps.map((step) => ({ ...step, isReplaying: true })),
    );
    assertSame(stateOf(), before, 'a rebuild leads to another state');
  }

  private with(
    entries: readonly GivenEntry[],
    isReplaying: boolean,
    since: number,
  ): ProjectionSpecification<TProjection> {
    const steps = [...this.steps, ...entries.map((entry) => ({ entry, isReplaying }))];
    return new ProjectionSpecification(this.create, this.options, steps, since);
  }

  private async run(): Promise<{
    projection: TProjection;
    handlers: ProjectionHandlers;
    sent: readonly Sent[];
  }> {
    const projection = this.create();
    const sent: Sent[] = [];
    const { name, kind } = this.metadataOf(projection);
    const record = (command: unknown, { idempotencyKey }: { readonly idempotencyKey: string }): void => {
      sent.push({ command, idempotencyKey });
    };
    const handlers = new ProjectionHandlers(name, kind, withSend(projection, record), record);
    await this.handle(handlers, this.steps.slice(0, this.since));
    sent.length = 0;
    await this.handle(handlers, this.steps.slice(this.since), this.steps.slice(0, this.since));
    return { projection, handlers, sent };
  }

  private async handle(
    handlers: ProjectionHandlers,
    steps: readonly Step[],
    before: readonly Step[] = [],
  ): Promise<void> {
    const maker = new EntryMaker(this.options);
    for (const { entry } of before) maker.make(entry);
    const entries = steps.map(({ entry, isReplaying }) => ({ entry: maker.make(entry), isReplaying }));
    for (const { entry, isReplaying } of entries) {
      const context = this.contextOf(entry, isReplaying);
      if (handlers.takesBatches) await handlers.handleBatch([entry], context);
      else await handlers.handle(entry, context);
    }
  }

  private contextOf(entry: JournalEntry | null, isReplaying: boolean): ProjectionContext {
    const { name } = this.metadataOf(null);
    return {
      projection: name,
      isReplaying,
      transaction: this.options.transaction,
      idempotencyKey: `${name}/${entry?.sequenceNum ?? ''}`,
      signal: new AbortController().signal,
    };
  }

  private metadataOf(made: TProjection | null): { name: string; kind: 'projection' | 'process-manager' } {
    const { constructor: type } = made ?? this.create();
    const metadata = getProjectionMetadata(type);
    if (metadata === undefined) fail(`${show(type)} has neither @Projection() nor @ProcessManager()`);
    return metadata;
  }
}

/** The instance with another `send()`, which records commands instead of sending them. */
function withSend<T extends object>(instance: T, send: unknown): T {
  return new Proxy(instance, {
    get: (target, property) => {
      if (property === 'send') return send;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' && property !== 'constructor'
        ? (value.bind(target) as unknown)
        : value;
    },
  });
}
