import { describe, expect, it } from '@jest/globals';
import { CommandHandler, EventsHandler, type ICommandHandler } from '@nestjs/cqrs';
import { SequencerEvent, type JournalEntry } from '../../src/journal/index.js';
import {
  InMemoryCheckpointStore,
  OnJournaled,
  ProcessManager,
  ReplaySafe,
  type JournaledContext,
} from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { until } from '../support/until.js';
import { bootWith, memory } from './apps.js';

class Ship {
  constructor(
    readonly order: number,
    readonly key: string,
  ) {}
}

const shipped: Ship[] = [];
let failures = 0;

@CommandHandler(Ship)
class ShipHandler implements ICommandHandler<Ship> {
  async execute(command: Ship): Promise<void> {
    if (failures > 0) {
      failures -= 1;
      throw new Error('the carrier does not answer');
    }
    shipped.push(command);
  }
}

@ProcessManager('shipping', { retry: { initialDelayMs: 1, maxDelayMs: 1 } })
class Shipping {
  remembered: [number, boolean][] = [];
  asked: number[] = [];

  @OnJournaled('Add')
  added(order: number, { idempotencyKey }: JournaledContext): Ship {
    this.asked.push(order);
    return new Ship(order, idempotencyKey);
  }

  @OnJournaled('Add')
  @ReplaySafe()
  remember(order: number, { isReplaying }: JournaledContext): void {
    this.remembered.push([order, isReplaying]);
  }
}

@ProcessManager('from now on')
class FromNowOn {
  seen: bigint[] = [];
  handle({ sequenceNum }: JournalEntry): void {
    this.seen.push(sequenceNum);
  }
}

@ProcessManager('from the beginning', { startFrom: 'beginning' })
class FromTheBeginning {
  sent: [unknown, string][] = [];
  handle({ sequenceNum }: JournalEntry): string[] {
    return [`a${sequenceNum}`, `b${sequenceNum}`];
  }
  send(command: unknown, { idempotencyKey }: { idempotencyKey: string }): void {
    this.sent.push([command, idempotencyKey]);
  }
}

@EventsHandler(SequencerEvent)
class Listener {
  heard: bigint[] = [];
  handle({ sequenceNum }: SequencerEvent): void {
    this.heard.push(sequenceNum);
  }
}

/** A journal with `Add: 1 … count`, before an application opens it. */
async function history(count: number) {
  const options = { ...memory(), projections: { checkpointStore: new InMemoryCheckpointStore() } };
  const { app } = await bootWith(options, []);
  for (let order = 1; order <= count; order += 1) await app.get(Sequencer).submit({ Add: order });
  await app.close();
  shipped.length = 0;
  failures = 0;
  return options;
}

describe('a process manager', () => {
  it('sends commands for new entries only; history reaches replay-safe handlers, and never the EventBus', async () => {
    const options = await history(3);
    const providers = [Shipping, ShipHandler, FromNowOn, Listener];
    const { app, projections } = await bootWith(options, providers);
    await app.get(Sequencer).submit({ Add: 4 });
    await projections.waitFor('shipping');
    await projections.waitFor('from now on');
    const shipping = app.get(Shipping);
    expect(shipping.asked).toEqual([4]);
    expect(shipping.remembered).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [4, false],
    ]);
    expect(shipped).toEqual([new Ship(4, 'shipping/3/0')]);
    expect(app.get(FromNowOn).seen).toEqual([3n]);
    expect(app.get(Listener).heard).toEqual([3n]);
    expect(projections.status('shipping')).toMatchObject({ kind: 'process-manager', historyEnd: 2n });
    await app.close();

    // The boundary is stored: entries that were new before a restart are neither history nor new again after
    // it.
    const after = await bootWith(options, providers);
    await after.app.get(Sequencer).submit({ Add: 5 });
    await after.projections.waitFor('shipping');
    expect(shipped.map(({ order }) => order)).toEqual([4, 5]);
    expect(after.app.get(Shipping).remembered).toEqual([[5, false]]);
    expect(after.projections.status('shipping').historyEnd).toBe(2n);
  });

  it('handles an entry again after a crash, as new and with the same key', async () => {
    const options = await history(2);
    const { app, projections } = await bootWith(options, [Shipping, ShipHandler]);
    const before = await options.projections.checkpointStore.load('shipping');
    await app.get(Sequencer).submit({ Add: 3 });
    await projections.waitFor('shipping');
    await app.close();
    // As if the process had died after the command and before the checkpoint.
    if (before === null) throw new Error('it was not registered');
    await options.projections.checkpointStore.save('shipping', before);
    const after = await bootWith(options, [Shipping, ShipHandler]);
    await after.projections.waitFor('shipping');
    expect(shipped).toEqual([new Ship(3, 'shipping/2/0'), new Ship(3, 'shipping/2/0')]);
  });

  it('stores its boundary at once on an empty journal: entries before its first success are new', async () => {
    const options = await history(0);
    failures = 1_000;
    const { app, projections } = await bootWith(options, [Shipping, ShipHandler]);
    expect(await options.projections.checkpointStore.load('shipping')).toEqual({
      position: null,
      entryCrc: null,
      historyEnd: null,
      isResetting: false,
    });
    await app.get(Sequencer).submit({ Add: 1 });
    await until(() => projections.status('shipping').retries > 0);
    await app.close();
    failures = 0;
    const after = await bootWith(options, [Shipping, ShipHandler]);
    await after.projections.waitFor('shipping');
    expect(shipped).toEqual([new Ship(1, 'shipping/0/0')]);
  });

  it('retries a failed command, in order', async () => {
    const options = await history(0);
    const { app, projections } = await bootWith(options, [Shipping, ShipHandler]);
    failures = 3;
    for (let order = 1; order <= 5; order += 1) await app.get(Sequencer).submit({ Add: order });
    await projections.waitFor('shipping');
    expect(shipped.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5]);
    expect(failures).toBe(0);
  });

  it("treats the whole journal as new with startFrom: 'beginning', and may have its own send()", async () => {
    const { app, projections } = await bootWith(await history(2), [FromTheBeginning]);
    await projections.waitFor('from the beginning');
    expect(app.get(FromTheBeginning).sent).toEqual([
      ['a0', 'from the beginning/0/0'],
      ['b0', 'from the beginning/0/1'],
      ['a1', 'from the beginning/1/0'],
      ['b1', 'from the beginning/1/1'],
    ]);
  });

  it('sends nothing again when it is rebuilt', async () => {
    @ProcessManager('rebuilt', { startFrom: 'beginning' })
    @ReplaySafe()
    class Rebuilt extends FromTheBeginning {
      handled: bigint[] = [];
      override handle(entry: JournalEntry): string[] {
        this.handled.push(entry.sequenceNum);
        return super.handle(entry);
      }
      reset(): void {
        this.handled = [];
      }
    }
    const { app, projections } = await bootWith(await history(3), [Rebuilt]);
    await projections.waitFor('rebuilt');
    expect(app.get(Rebuilt).sent).toHaveLength(6);
    await projections.rebuild('rebuilt');
    expect(app.get(Rebuilt).handled).toEqual([0n, 1n, 2n]);
    expect(app.get(Rebuilt).sent).toHaveLength(6);
  });
});
