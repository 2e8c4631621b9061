import { SequencerEvent, type JournalEntry, type PayloadCodec } from '../../journal/index.js';
import {
  isThenable,
  resolveCallOptions,
  uncheckedOption,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../../common/index.js';
import {
  createEventConversion,
  type CommandOf,
  type ResultOf,
  type SequencerAggregate,
} from '../../sequencer/index.js';
import { jsonCodec } from '../../serialization/index.js';
import { onAnotherDay } from './another-day.js';
import { capture } from './captured-state.js';
import { assertSame, fail, show } from './expectations.js';
import { SequencerOutcome, type Outcome } from './sequencer-outcome.js';
import { SpecifiedTarget } from './specified-target.js';

// A new option is one property of this table. It is a function, because `state` has the type of the class.
function optionTable<TAggregate>() {
  return {
    /** The codec of the journal: commands reach the aggregate as it decodes them. @default jsonCodec() */
    codec: uncheckedOption<PayloadCodec>(jsonCodec()),
    /**
     * Time of the first command, in nanoseconds since the Unix epoch.
     * @default 1_704_067_200_000_000_000n, 2024-01-01T00:00:00Z
     */
    startNs: uncheckedOption(1_704_067_200_000_000_000n),
    /** Nanoseconds between two commands. @default 1_000_000n, a millisecond */
    stepNs: uncheckedOption(1_000_000n),
    /**
     * The state that a failing command must not change, and that a replay must reach.
     * @default `snapshot()` if the aggregate has it, else its fields without private `#fields`
     */
    state: uncheckedOption<(aggregate: TAggregate) => unknown>(),
  };
}

type Options<TAggregate> = ReturnType<typeof optionTable<TAggregate>>;

/**
 * Options of {@link SequencerSpecification}.
 * @publicApi
 */
export interface SequencerSpecificationOptions<TAggregate> extends OptionsOf<Options<TAggregate>> {}

type ResolvedOptions<TAggregate> = ResolvedOptionsOf<Options<TAggregate>>;

/**
 * An event that is in the journal already.
 * @publicApi
 */
export type StoredEvent = SequencerEvent | JournalEntry;

type Position = { readonly lastSequence: bigint | null; readonly lastTimestampNs: bigint | null };
type Step<TCommand> = { readonly command: TCommand } | { readonly stored: SequencerEvent };

interface Executed<TAggregate> {
  readonly aggregate: TAggregate;
  readonly target: SpecifiedTarget;
  readonly before: unknown;
  readonly after: unknown;
  readonly outcome: Outcome;
}

/**
 * Specifies an aggregate that a Sequencer drives with `execute()`: given commands, when a command, then its
 * result. It is synchronous, needs no journal and no Nest application, and fails with an AssertionError of
 * `node:assert`.
 *
 * Independent of the expectation, `when` checks what a replay depends on:
 * - Executed again on another day, the command gives the same result or error, and the same state.
 * - A replay of the stored event reaches that state.
 * - A command that throws, or is refused so that the replay skips it, has changed no state.
 * - Command and result can be stored.
 * - A later command does not change the result, which the caller gets only after it is durable.
 *
 * The types of commands and results are those of the aggregate's `execute`.
 *
 * @example
 * SequencerSpecification.for(() => new Positions())
 *   .givenCommands({ Buy: { symbol: 'BTC', quantity: 2n } })
 *   .when({ Sell: { symbol: 'BTC', quantity: 3n } })
 *   .thenRejects(/only 2/);
 * @publicApi
 */
export class SequencerSpecification<TAggregate extends SequencerAggregate> {
  private constructor(
    private readonly create: () => TAggregate,
    private readonly options: ResolvedOptions<TAggregate>,
    private readonly steps: readonly Step<CommandOf<TAggregate>>[],
  ) {}

  /**
   * Begins a specification of one aggregate class.
   * @param create makes an aggregate in its first state; called several times for one specification
   */
  static for<TAggregate extends SequencerAggregate>(
    create: () => TAggregate,
    options: SequencerSpecificationOptions<TAggregate> = {},
  ): SequencerSpecification<TAggregate> {
    const resolved = resolveCallOptions<Options<TAggregate>>(optionTable<TAggregate>(), options);
    return new SequencerSpecification(create, resolved, []);
  }

  /** Adds commands that were executed before, in this order. They must not throw. */
  givenCommands(...commands: CommandOf<TAggregate>[]): SequencerSpecification<TAggregate> {
    return this.with(commands.map((command) => ({ command })));
  }

  /** Adds stored events. They are replayed, and their results are compared with the stored ones. */
  given(events: Iterable<StoredEvent>): SequencerSpecification<TAggregate> {
    return this.with(Array.from(events, (stored) => ({ stored: eventOf(stored) })));
  }

  /**
   * Executes the command twice.
   * @throws AssertionError if a replay of the aggregate would not give the same state
   */
  when(command: CommandOf<TAggregate>): SequencerOutcome<TAggregate> {
    const live = this.execute(command);
    const again = onAnotherDay(() => this.execute(command));
    assertSame(
      again.outcome,
      live.outcome,
      'execute() is not deterministic: the same command, after the same history, had another outcome',
    );
    assertSame(
      again.after,
      live.after,
      'execute() is not deterministic: the same commands led to another state',
    );
    if ('error' in live.outcome) {
      assertSame(
        live.after,
        live.before,
        `execute() changed the aggregate before it threw ${show(live.outcome.error)}: the change is in memory but not in the journal`,
      );
    } else {
      this.assertReplays(command, live.outcome.result, live);
      this.assertKeepsResult(command);
    }
    return new SequencerOutcome(live.outcome, live.aggregate, live.after);
  }

  private with(steps: readonly Step<CommandOf<TAggregate>>[]): SequencerSpecification<TAggregate> {
    return new SequencerSpecification(this.create, this.options, [...this.steps, ...steps]);
  }

  private execute(command: CommandOf<TAggregate>): Executed<TAggregate> {
    const { aggregate, target } = this.rebuild();
    const before = this.stateOf(aggregate);
    let outcome: Outcome;
    try {
      const result: unknown = target.execute(this.copyOf(command), ...this.nextContext(target));
      if (isThenable(result)) {
        fail('execute() is asynchronous: it must return its result, not a promise');
      }
      outcome = { result: capture(result) };
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code === 'ERR_ASSERTION') throw error;
      outcome = { error };
    }
    return { aggregate, target, before, after: this.stateOf(aggregate), outcome };
  }

  private rebuild(): Pick<Executed<TAggregate>, 'aggregate' | 'target'> {
    const aggregate = this.create();
    const target = new SpecifiedTarget(aggregate, this.codec);
    for (const step of this.steps) {
      if ('stored' in step) target.deliver(step.stored);
      else target.execute(this.copyOf(step.command), ...this.nextContext(target));
    }
    return { aggregate, target };
  }

  /** Delivers the stored event to an aggregate with the same history, as a restart does. */
  private assertReplays(command: CommandOf<TAggregate>, result: unknown, live: Executed<TAggregate>): void {
    const { aggregate, target } = this.rebuild();
    const [sequenceNum, timestampNs] = this.nextContext(target);
    const event = new SequencerEvent({ sequenceNum, timestampNs, command, result });
    try {
      const payload = this.codec.encode(event);
      target.deliver(this.codec.decode(payload, sequenceNum, timestampNs));
    } catch (error) {
      fail(`the event cannot be stored and replayed: ${show(error)}`, error);
    }
    assertSame(
      this.stateOf(aggregate),
      live.after,
      `a replay of the stored event leads to another state; its result was ${show(result)}`,
    );
  }

  private assertKeepsResult(command: CommandOf<TAggregate>): void {
    const { target } = this.rebuild();
    const result = target.execute(this.copyOf(command), ...this.nextContext(target));
    const before = capture(result);
    try {
      target.execute(this.copyOf(command), ...this.nextContext(target));
    } catch {
      // The outcome of the later command does not matter.
    }
    assertSame(
      capture(result),
      before,
      'a later command changes the result of this one before the caller gets it: return a copy of state that the aggregate keeps changing',
    );
  }

  private get codec(): PayloadCodec {
    return this.options.codec;
  }

  private copyOf(command: CommandOf<TAggregate>): CommandOf<TAggregate> {
    const conversion = createEventConversion<CommandOf<TAggregate>, ResultOf<TAggregate>>(this.codec);
    return conversion.asReplayed(conversion.commandToStore(command, 0n, 0n), 0n, 0n, true);
  }

  /** Sequence and time of the next command. */
  private nextContext({ lastSequence, lastTimestampNs }: Position): [bigint, bigint] {
    const { startNs, stepNs } = this.options;
    const timestampNs = lastTimestampNs === null ? startNs : lastTimestampNs + stepNs;
    return [lastSequence === null ? 0n : lastSequence + 1n, timestampNs];
  }

  private stateOf(aggregate: TAggregate): unknown {
    const { state } = this.options;
    if (state !== undefined) return capture(state(aggregate));
    return capture(typeof aggregate.snapshot === 'function' ? aggregate.snapshot() : aggregate);
  }
}

function eventOf(stored: StoredEvent): SequencerEvent {
  return SequencerEvent.isSequencerEvent(stored) ? stored : stored.event;
}
