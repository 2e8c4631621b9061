/* oxlint-disable jest/expect-expect, jest/valid-expect-in-promise -- a specification asserts by itself */
import { describe, expect, it } from '@jest/globals';
import { AggregateRoot } from '@nestjs/cqrs';
import { JournaledAggregateRoot, On } from '../../../src/aggregates/index.js';
import { JournalEvent } from '../../../src/events/index.js';
import { AggregateSpecification } from '../../../src/testing/index.js';
import { failureOf, failureOfAsync } from './failures.js';

@JournalEvent('Opened')
class Opened {
  readonly owner!: string;
  static of(owner: string): Opened {
    return Object.assign(new Opened(), { owner });
  }
}

@JournalEvent('Deposited')
class Deposited {
  readonly cents!: number | bigint;
  static of(cents: number | bigint): Deposited {
    return Object.assign(new Deposited(), { cents });
  }
}

class Account extends JournaledAggregateRoot {
  protected owner: string | null = null;
  protected balance = 0;
  open(owner: string): string {
    if (this.owner !== null) throw new RangeError('open already');
    this.apply(Opened.of(owner));
    return owner;
  }
  openWith(owner: string, cents: number): void {
    this.open(owner);
    this.apply(Deposited.of(cents));
  }
  deposit(cents: number | bigint): void {
    this.apply(Deposited.of(cents));
  }
  get view(): unknown {
    return { owner: this.owner, balance: this.balance, version: this.version };
  }
  @On(Opened)
  protected opened({ owner }: Opened): void {
    this.owner = owner;
  }
  @On(Deposited)
  protected deposited({ cents }: Deposited): void {
    this.balance += Number(cents);
  }
}

const events = [Opened, Deposited];
const account = AggregateSpecification.for(() => new Account('ada'), { events });

function of<T extends Account>(type: new (id: string) => T) {
  return AggregateSpecification.for(() => new type('ada'), { events });
}

describe('a specification of an aggregate root', () => {
  it('holds for events, errors, return values and states', () => {
    account.when((ada) => ada.openWith('Ada', 5)).then([Opened.of('Ada'), Deposited.of(5)]);
    account
      .given([Opened.of('Ada')])
      .given([Deposited.of(2)])
      .when((ada) => ada.deposit(3))
      .thenState(({ view }) => expect(view).toEqual({ owner: 'Ada', balance: 5, version: 2 }))
      .then([Deposited.of(3)]);
    account
      .when((ada) => ada.open('Ada'))
      .thenReturns('Ada')
      .then([Opened.of('Ada')]);
    account.when(() => undefined).thenNothingHappened();
    account
      .given([Opened.of('Ada')])
      .when((ada) => ada.open('Eve'))
      .thenThrows(RangeError);
  });

  it('accepts the AggregateRoot of @nestjs/cqrs', () => {
    class Root extends AggregateRoot {
      private seen = 0;
      see(): void {
        this.apply(Opened.of(`${this.seen}`));
      }
      protected onOpened(): void {
        this.seen += 1;
      }
    }
    AggregateSpecification.for(() => new Root())
      .given([Opened.of('-')])
      .when((root) => root.see())
      .then([Opened.of('1')]);
  });

  it('shows how the outcome differs from the expected one', () => {
    const outcome = account.when((ada) => ada.openWith('Ada', 5));
    expect(failureOf(() => outcome.then([Deposited.of(5), Opened.of('Ada')]))).toMatch(
      /applied other events than expected:[^]*Opened[^]*Deposited/,
    );
    expect(failureOf(() => outcome.then([Opened.of('Ada')]))).toContain('+   Deposited {');
    expect(failureOf(() => outcome.then([{ owner: 'Ada' }, Deposited.of(5)]))).toContain('Opened');
    expect(failureOf(() => outcome.thenNothingHappened())).toContain('other events than expected');
    expect(failureOf(() => outcome.thenThrows(Error))).toContain("Opened { owner: 'Ada' }");
    expect(failureOf(() => outcome.thenReturns((returned) => returned !== undefined))).toContain('undefined');
    expect(failureOf(() => outcome.thenState(() => false))).toContain('the aggregate does not satisfy');
    const refused = account.given([Opened.of('Ada')]).when((ada) => ada.open('Eve'));
    expect(failureOf(() => refused.then([Opened.of('Eve')]))).toBe(
      'expected events, but the call threw RangeError: open already',
    );
    expect(failureOf(() => refused.thenThrows(TypeError))).toContain('expected TypeError, got RangeError');
  });

  it('fails if it is awaited or returned without an expectation', async () => {
    const message = await failureOfAsync(async () => account.when(() => undefined) as unknown);
    expect(message).toContain('end it with then…()');
  });
});

describe('a specification fails, independent of the expectation, for an aggregate that', () => {
  class Forgetful extends Account {
    override deposit(cents: number): void {
      this.balance += cents;
    }
  }
  class Timed extends Account {
    override deposited(): void {
      this.balance = Date.now();
    }
  }
  class Late extends Account {
    override deposit(cents: number): void {
      super.deposit(cents);
      throw new Error('too late');
    }
  }
  class Sloppy extends Account {
    override deposit(cents: number): void {
      this.balance += cents;
      throw new Error('too late');
    }
  }

  it.each([
    ['changes without an event', Forgetful, /does not follow from its events[^]*balance: 5/],
    ['looks at the clock in a handler', Timed, /does not follow from its events/],
    [
      'applies an event before it throws',
      Late,
      /applied events before it threw Error: too late[^]*Deposited/,
    ],
    ['changes before it throws', Sloppy, /changed before it threw Error: too late[^]*balance/],
  ] as [string, new (id: string) => Account, RegExp][])('%s', (_name, type, message) => {
    expect(failureOf(() => of(type).when((ada) => ada.deposit(5)))).toMatch(message);
  });

  it('records an event that the journal returns changed', () => {
    expect(failureOf(() => account.when((ada) => ada.deposit(5n)))).toMatch(
      /cannot be stored: .*at command\.Deposited\.data\.cents: a bigint reads back as the number 5; give the field @BigIntField\(\)/,
    );
  });

  it('records an event of an unregistered class', () => {
    const specified = AggregateSpecification.for(() => new Account('ada'), { events: [Opened] });
    expect(failureOf(() => specified.when((ada) => ada.deposit(5)))).toContain(
      'a recorded event cannot be stored',
    );
  });

  it('decides asynchronously', () => {
    expect(failureOf(() => account.when(async (ada) => ada.deposit(5)))).toContain(
      'the call is asynchronous',
    );
  });
});
