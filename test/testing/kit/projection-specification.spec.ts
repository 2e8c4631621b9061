/* oxlint-disable jest/expect-expect -- a specification asserts by itself */
import { describe, expect, it } from '@jest/globals';
import { JournalEvent } from '../../../src/events/index.js';
import { SequencerEvent, type JournalEntry } from '../../../src/journal/index.js';
import {
  OnJournaled,
  ProcessManager,
  Projection,
  ReplaySafe,
  type JournaledContext,
} from '../../../src/projections/index.js';
import { ProjectionSpecification, saved } from '../../../src/testing/index.js';
import { failureOfAsync } from './failures.js';

@JournalEvent('Deposited')
class Deposited {
  readonly cents!: number;
  static of(cents: number): Deposited {
    return Object.assign(new Deposited(), { cents });
  }
}

@Projection('balances')
class Balances {
  balances: Record<string, number> = {};
  @OnJournaled(Deposited)
  async deposited({ cents }: Deposited, { aggregateId }: JournaledContext): Promise<void> {
    const id = aggregateId ?? 'nobody';
    this.balances[id] = (this.balances[id] ?? 0) + cents;
  }
  reset(): void {
    this.balances = {};
  }
}

@ProcessManager('bonus')
class Bonus {
  private seen = 0;
  @ReplaySafe()
  @OnJournaled('Paid')
  paid({ cents }: { cents: number }): unknown {
    if (cents < 0) throw new RangeError('negative');
    this.seen += cents;
    return this.seen >= 10 ? [{ Grant: this.seen }] : undefined;
  }
}

const balances = ProjectionSpecification.for(() => new Balances(), { events: [Deposited] });
const bonus = ProjectionSpecification.for(() => new Bonus());
const paid = (cents: number) => ({ Paid: { cents } });

describe('a specification of a projection', () => {
  it('holds for the state after saves, commands and stored events', async () => {
    const given = balances.given([
      saved('ada', Deposited.of(2), Deposited.of(3)),
      saved('bob', Deposited.of(1)),
    ]);
    await given.then({ balances: { ada: 5, bob: 1 } });
    await given.thenState(({ balances }) => balances['ada'] === 5);
    await given.thenRebuildsTheSame();
    await balances.given([{ Deposited: { cents: 4 } }]).then({ balances: { nobody: 4 } });
    const event = new SequencerEvent({
      sequenceNum: 7n,
      timestampNs: 1n,
      command: { Other: 1 },
      result: null,
    });
    await balances.given([event]).then({ balances: {} });
  });

  it('passes entries and the transaction to handleBatch', async () => {
    @Projection('sequences')
    class Sequences {
      seen: unknown[] = [];
      handleBatch(entries: readonly JournalEntry[], { transaction }: { transaction: unknown }): void {
        this.seen.push([entries.map(({ sequenceNum }) => sequenceNum), transaction]);
      }
    }
    const specified = ProjectionSpecification.for(() => new Sequences(), { transaction: 'tx' });
    await specified.given(['CancelAll', 'CancelAll']).then({
      seen: [
        [[0n], 'tx'],
        [[1n], 'tx'],
      ],
    });
  });

  it('shows how the state differs from the expected one', async () => {
    const given = balances.given([saved('ada', Deposited.of(2))]);
    expect(await failureOfAsync(() => given.then({ balances: { ada: 3 } }))).toMatch(
      /the state differs from the expected one:[^]*\+ {5}ada: 2[^]*- {5}ada: 3/,
    );
    expect(await failureOfAsync(() => given.thenState(() => false))).toContain('does not satisfy');
    expect(await failureOfAsync(() => given.thenThrows(Error))).toContain('all entries were handled');
    expect(await failureOfAsync(() => bonus.given([paid(-1)]).thenThrows(TypeError))).toContain(
      'got RangeError',
    );
    expect(await failureOfAsync(() => bonus.thenRebuildsTheSame())).toContain('no reset()');
    const awaited = await failureOfAsync(async () => given as unknown);
    expect(awaited).toContain('end it with then…()');
  });

  it('fails for an incomplete reset', async () => {
    @Projection('leaky')
    class Leaky extends Balances {
      override reset(): void {}
    }
    const specified = ProjectionSpecification.for(() => new Leaky(), { events: [Deposited] });
    const failure = await failureOfAsync(() =>
      specified.given([saved('a', Deposited.of(1))]).thenRebuildsTheSame(),
    );
    expect(failure).toContain('a rebuild leads to another state');
  });

  it('fails for a class without @Projection()', async () => {
    const failure = await failureOfAsync(() => ProjectionSpecification.for(() => new Deposited()).then({}));
    expect(failure).toContain('neither @Projection() nor @ProcessManager()');
  });
});

describe('a specification of a process manager', () => {
  it('holds for sent commands; history sends none', async () => {
    await bonus.given([paid(4), paid(6)]).thenCommands([{ Grant: 10 }]);
    await bonus
      .given([paid(4), paid(6)])
      .when(paid(1))
      .thenCommands([{ Grant: 11 }]);
    await bonus.givenHistory([paid(40)]).thenCommands([]);
    await bonus
      .givenHistory([paid(9)])
      .when(paid(1))
      .thenCommands([{ Grant: 10 }]);
    await bonus.given([paid(-1)]).thenThrows(RangeError);
  });

  it('shows the commands that are sent instead', async () => {
    const missing = await failureOfAsync(() => bonus.when(paid(4)).thenCommands([{ Grant: 4 }]));
    expect(missing).toMatch(/sends other commands than expected:[^]*Grant: 4/);
    const order = bonus.given([paid(10), paid(1)]);
    expect(await failureOfAsync(() => order.thenCommands([{ Grant: 11 }, { Grant: 10 }]))).toContain(
      'Grant: 11',
    );
  });

  it('fails if another run sends other commands', async () => {
    let calls = 0;
    @ProcessManager('moody')
    class Moody {
      handle(): unknown {
        return { Call: (calls += 1) };
      }
    }
    const specified = ProjectionSpecification.for(() => new Moody());
    const failure = await failureOfAsync(() => specified.when('Tick').thenCommands([{ Call: 1 }]));
    expect(failure).toContain('handled again');
  });
});
