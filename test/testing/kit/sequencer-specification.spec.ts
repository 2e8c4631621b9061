/* oxlint-disable jest/expect-expect -- a specification asserts by itself */
import { describe, expect, it } from '@jest/globals';
import { SequencerEvent } from '../../../src/journal/index.js';
import type { CommandContext, SequencerAggregate } from '../../../src/sequencer/index.js';
import { SequencerSpecification } from '../../../src/testing/index.js';
import { failureOf } from './failures.js';

type Command = { Add: number } | 'Reset';

class NotPositive extends Error {
  readonly code = 'NOT_POSITIVE';
}

class Counter implements SequencerAggregate<Command, unknown> {
  protected total = 0;
  execute(command: Command, _context: CommandContext): unknown {
    if (command === 'Reset') return (this.total = 0);
    if (command.Add <= 0) throw new NotPositive('only up');
    this.total += command.Add;
    return { total: this.total };
  }
  get current(): number {
    return this.total;
  }
}

const counter = SequencerSpecification.for(() => new Counter());
const event = (total: number) =>
  new SequencerEvent({ sequenceNum: 4n, timestampNs: 9n, command: { Add: 2 }, result: { total } });

function of(type: new () => Counter) {
  return SequencerSpecification.for(() => new type());
}

describe('a specification of a Sequencer aggregate', () => {
  it('holds for results, errors and states', () => {
    counter.when({ Add: 1 }).thenResult({ total: 1 });
    counter
      .givenCommands({ Add: 1 }, { Add: 2 })
      .when({ Add: 3 })
      .thenResult({ total: 6 })
      .thenResult((result) => expect(result).toEqual({ total: 6 }))
      .thenState(({ current }) => current === 6);
    const refused = counter.givenCommands({ Add: 5 }).when({ Add: 0 });
    refused
      .thenRejects(NotPositive)
      .thenRejects('NOT_POSITIVE')
      .thenRejects(/only up/);
    refused.thenRejects((error) => error.message === 'only up').thenState(({ current }) => current === 5);
  });

  it('infers the types of commands and results from execute()', () => {
    class Total {
      execute({ add }: { add: number }): number {
        return add;
      }
    }
    const total = SequencerSpecification.for(() => new Total());
    total.when({ add: 1 }).thenResult((sum) => sum.toFixed() === '1');
    // @ts-expect-error -- the command has another type
    total.when({ add: '1' }).thenResult('1' as never);
    // @ts-expect-error -- the result has another type
    expect(() => total.when({ add: 1 }).thenResult('1')).toThrow();
  });

  it('begins with stored events, which it replays like the package', () => {
    counter
      .given([event(2)])
      .givenCommands({ Add: 1 })
      .when({ Add: 1 })
      .thenResult({ total: 4 });
    expect(() => counter.given([event(3)]).when('Reset')).toThrow(
      expect.objectContaining({ code: 'JOURNAL_REPLAY_DIVERGENCE' }),
    );
  });

  it('gives each command its sequence and time', () => {
    const contexts: CommandContext[] = [];
    class Watching extends Counter {
      override execute(command: Command, context: CommandContext): unknown {
        contexts.push(context);
        return super.execute(command, context);
      }
    }
    SequencerSpecification.for(() => new Watching(), { startNs: 50n, stepNs: 7n })
      .givenCommands('Reset')
      .when('Reset');
    expect(contexts.slice(0, 2)).toEqual([
      { sequenceNum: 0n, timestampNs: 50n },
      { sequenceNum: 1n, timestampNs: 57n },
    ]);
  });

  it('shows how the outcome differs from the expected one', () => {
    expect(failureOf(() => counter.when({ Add: 1 }).thenResult({ total: 2 }))).toMatch(
      /the result differs from the expected one:[^]*\+ {3}total: 1[^]*- {3}total: 2/,
    );
    expect(failureOf(() => counter.when({ Add: 1 }).thenResult(() => false))).toContain('{ total: 1 }');
    expect(failureOf(() => counter.when({ Add: 0 }).thenResult({ total: 0 }))).toBe(
      'expected a result, but execute() threw Error (NOT_POSITIVE): only up',
    );
    expect(failureOf(() => counter.when({ Add: 1 }).thenRejects(NotPositive))).toBe(
      'expected execute() to throw, but it returned { total: 1 }',
    );
    const refused = counter.when({ Add: 0 });
    expect(failureOf(() => refused.thenRejects(RangeError))).toContain('expected RangeError, got');
    expect(failureOf(() => refused.thenRejects('OTHER'))).toContain('expected an error with code OTHER');
    expect(failureOf(() => refused.thenRejects(/down/))).toContain('matches /down/');
    expect(failureOf(() => refused.thenRejects(() => false))).toContain('does not satisfy');
    expect(failureOf(() => counter.when('Reset').thenState(({ current }) => current === 1))).toContain(
      'predicate',
    );
  });
});

describe('a specification fails, independent of the expectation, for an aggregate that', () => {
  const mutants: [string, new () => Counter, RegExp][] = [
    [
      'looks at the clock',
      class extends Counter {
        override execute = () => Date.now();
      },
      /not deterministic: the same command/,
    ],
    [
      'makes dates of the clock',
      class extends Counter {
        override execute = () => new Date().toISOString().slice(0, 10);
      },
      /not deterministic: the same command/,
    ],
    [
      'rolls dice',
      class extends Counter {
        override execute = () => Math.random();
      },
      /not deterministic: the same command/,
    ],
    [
      'keeps the time without telling',
      class extends Counter {
        override execute() {
          this.total = Date.now();
          return null;
        }
      },
      /not deterministic: the same commands led to another state/,
    ],
    [
      'changes before it throws',
      class extends Counter {
        override execute(): never {
          this.total += 1;
          throw new Error('too late');
        }
      },
      /changed the aggregate before it threw Error: too late[^]*total: 1/,
    ],
    [
      'changes although it refuses',
      class extends Counter {
        override execute() {
          this.total += 1;
          return { Rejected: { reason: 'no' } };
        }
      },
      /a replay of the stored event leads to another state/,
    ],
    [
      'answers with a promise',
      class extends Counter {
        override execute = async () => 1;
      },
      /execute\(\) is asynchronous/,
    ],
    [
      'answers what cannot be stored',
      class extends Counter {
        override execute = () => ({ total: Number.NaN });
      },
      /cannot be stored and replayed: SerializationError/,
    ],
  ];

  it.each(mutants)('%s', (_name, type, message) => {
    expect(failureOf(() => of(type).givenCommands().when({ Add: 1 }))).toMatch(message);
  });

  it('fails for a result that the aggregate keeps changing', () => {
    class Shared extends Counter {
      private readonly state = { balance: 0 };
      override execute(command: Command): unknown {
        this.state.balance += command === 'Reset' ? 0 : command.Add;
        return this.state;
      }
    }
    expect(failureOf(() => of(Shared).when({ Add: 1 }))).toContain('return a copy');
    class Copied extends Shared {
      override execute(command: Command): unknown {
        return { ...(super.execute(command) as object) };
      }
    }
    of(Copied).when({ Add: 1 }).thenResult({ balance: 1 });
  });

  it('compares state that only the given function returns', () => {
    class Private implements SequencerAggregate<Command, null> {
      #calls = 0;
      execute(): never {
        this.#calls += 1;
        throw new Error('too late');
      }
      get calls(): number {
        return this.#calls;
      }
    }
    const state = ({ calls }: Private): unknown => calls;
    const specified = SequencerSpecification.for(() => new Private(), { state });
    expect(failureOf(() => specified.when('Reset'))).toContain('changed the aggregate before it threw');
  });

  it('restores Date and Math.random', () => {
    const { random } = Math;
    const OwnDate = Date;
    failureOf(() => of(mutants[0]?.[1] as new () => Counter).when('Reset'));
    expect([Math.random, Date]).toEqual([random, OwnDate]);
  });
});
