/**
 * A command that is executed in the call of `submit` is answered by the promise of its commit. One that has
 * to wait has a promise of its own. Callers cannot tell them apart.
 */
import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Random } from '../support/random.js';
import { openFaultyJournal } from '../support/faulty-journal.js';
import { turns } from '../support/until.js';
import { deposit, withdraw, type BankCommand } from './bank.js';
import { openBank } from './setup.js';

Logger.overrideLogger(false);

/** One of every kind of outcome: stored, refused by the aggregate, unstorable, repeated. */
function commandsOf(random: Random): { readonly command: BankCommand; readonly commandId?: string }[] {
  return Array.from({ length: 60 }, (_, index) => {
    const kind = random.below(10);
    if (kind === 0) return { command: { Fail: `no ${index}` } };
    if (kind === 1) return { command: deposit('a', Number.NaN) };
    if (kind === 2) return { command: withdraw('b', 1_000) };
    if (kind === 3) return { command: deposit('twice', 1), commandId: 'twice' };
    if (kind === 4) return { command: deposit('named', index), commandId: `k${index}` };
    return { command: deposit('a', index) };
  });
}

async function play(seed: number, maxInFlight: number) {
  const journal = await openFaultyJournal();
  const { sequencer, published } = await openBank(journal, { maxInFlight, clock: () => 7n });
  await sequencer.loadCommandIds();
  const random = new Random(seed);
  const order: number[] = [];
  const answers: unknown[] = [];
  const submit = (index: number, { command, commandId }: ReturnType<typeof commandsOf>[number]) => {
    const options = commandId === undefined ? undefined : { commandId };
    return sequencer.submit(command, options).then(
      (event) => {
        answers[index] = event;
        order.push(Number(event.sequenceNum));
      },
      (error: Error) => (answers[index] = `${error.name}: ${error.message}`),
    );
  };
  const commands = commandsOf(random);
  await Promise.all(commands.map((one, index) => submit(index, one)));
  return { answers, order, published, stored: [...journal.readFrom(0)].map(({ event }) => event) };
}

describe('the answer of submit', () => {
  it.each([1, 2, 3, 4])('is the same for a command that waited (seed %i)', async (seed) => {
    const atOnce = await play(seed, 1_000);
    for (const maxInFlight of [1, 2, 7]) expect(await play(seed, maxInFlight)).toStrictEqual(atOnce);
    expect(atOnce.published.length).toBeGreaterThan(30);
    const sorted = [...atOnce.order].sort((left, right) => left - right);
    expect(atOnce.order).toEqual(sorted);
  });

  it.each(['no-space', 'sync-failed', 'refused-at-once'] as const)(
    'rejects once, and leaves no rejection unhandled: %s',
    async (fault) => {
      for (const maxInFlight of [1, 2, 1_000]) {
        const journal = await openFaultyJournal();
        const { sequencer } = await openBank(journal, { maxInFlight });
        await sequencer.submit(deposit('a', 1));
        journal.fault = fault;
        const outcomes = await Promise.allSettled(
          ['x', 'y', undefined].map((commandId) => sequencer.submit(deposit('a', 1), { commandId })),
        );
        expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
        // Jest fails a test that leaves a rejection unhandled.
        await turns();
      }
    },
  );
});
