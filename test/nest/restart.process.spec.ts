import { describe, expect, it } from '@jest/globals';
import { startChild } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const backend = new URL('./children/backend.mjs', import.meta.url);

interface Acknowledged {
  readonly door: 'submit' | 'publish' | 'save';
  readonly sequenceNum?: string;
  readonly result?: { readonly total: number };
  readonly text?: string;
  readonly filled?: number;
}

interface Report {
  readonly total: number;
  readonly texts: string[];
  readonly instances: number;
  readonly filled: number;
  readonly events: { sequenceNum: string; command: Record<string, unknown>; result: unknown }[];
}

/** Lets a backend write until each of the three ways has acknowledged `count` events, and kills it. */
async function tradeAndKill(
  directory: string,
  options: object,
  count: number,
  signal: NodeJS.Signals = 'SIGKILL',
) {
  const child = startChild(backend, [directory, 'trade', JSON.stringify(options)]);
  const acknowledged: Acknowledged[] = [];
  let text = '';
  await new Promise<void>((resolve, reject) => {
    void child.exited.then(({ code }) => reject(new Error(`the backend ended by itself: ${code}`)));
    child.process.stdout?.on('data', (data: Buffer) => {
      text += data.toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const message = JSON.parse(line) as Acknowledged;
        if (message.door !== undefined) acknowledged.push(message);
      }
      const of = (door: string): number => acknowledged.filter((message) => message.door === door).length;
      if (['submit', 'publish', 'save'].every((door) => of(door) >= count)) resolve();
    });
  });
  await child.kill(signal);
  return acknowledged;
}

async function report(directory: string): Promise<Report> {
  const child = startChild(backend, [directory, 'report']);
  const line = await child.line(/"events"/);
  expect((await child.exited).code).toBe(0);
  return JSON.parse(line) as Report;
}

/** The state that memory must have, according to the journal. */
function fold({ events }: Report) {
  const commands = events.map(({ command }) => command);
  const filled = commands
    .flatMap((command) => (command['DomainEvents'] as Record<string, unknown>[] | undefined) ?? [command])
    .map((command) => (command['Filled'] as { data: { quantity: number } } | undefined)?.data.quantity ?? 0)
    .reduce((sum, quantity) => sum + quantity, 0);
  return {
    total: commands.filter((command) => 'Add' in command).length,
    texts: commands.flatMap((command) =>
      'Noted' in command ? [(command['Noted'] as { text: string }).text] : [],
    ),
    filled,
  };
}

describe('A backend that is killed while it writes in all three ways', () => {
  it.each([{ durability: 'sync' }, { durability: 'async' }])(
    'has all acknowledged events after a restart, rehydrated, in order (%j)',
    async (options) => {
      const directory = temporaryDirectory();
      for (let round = 0; round < 2; round += 1) {
        const acknowledged = await tradeAndKill(directory, options, 20);
        const found = await report(directory);
        expect(found.events.map(({ sequenceNum }) => sequenceNum)).toEqual(
          found.events.map((_, index) => String(index)),
        );
        const bySequence = new Map(found.events.map((event) => [event.sequenceNum, event]));
        for (const { door, sequenceNum = '', result, text } of acknowledged) {
          if (door === 'submit')
            expect(bySequence.get(sequenceNum)).toMatchObject({ command: { Add: 1 }, result });
          if (door === 'publish') expect(bySequence.get(sequenceNum)?.command).toEqual({ Noted: { text } });
        }
        const saved = acknowledged.filter(({ door }) => door === 'save').at(-1)?.filled ?? 0;
        expect(found.filled).toBeGreaterThanOrEqual(saved);
        const { total, texts, filled } = found;
        expect({ total, texts, filled }).toEqual(fold(found));
        expect(found.instances).toBe(texts.length);
        // A save is atomic: both fills are stored, or neither.
        expect(found.filled % 3).toBe(0);
      }
    },
    300_000,
  );
});

describe('A backend that is asked to stop', () => {
  it('closes the journal on SIGTERM after all acknowledgements', async () => {
    const directory = temporaryDirectory();
    const acknowledged = await tradeAndKill(directory, {}, 5, 'SIGTERM');
    const { events } = await report(directory);
    const last = acknowledged.filter(({ door }) => door === 'submit').at(-1);
    expect(events.length).toBeGreaterThan(Number(last?.sequenceNum));
  });

  it.each(['sync', 'async'])('is not kept alive by a journal in %s durability', async (durability) => {
    const child = startChild(backend, [temporaryDirectory(), 'idle', JSON.stringify({ durability })]);
    await child.line(/"idle"/);
    const giveUp = setTimeout(() => void child.kill(), 120_000);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    clearTimeout(giveUp);
  });
});
