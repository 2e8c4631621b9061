import { afterAll, describe, expect, it } from '@jest/globals';
import type { Child } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startExample } from './example-process.js';

interface Storage {
  readonly firstAvailableSequence: string;
  readonly lastSequence: string;
  readonly compressed: number;
  readonly replayedAtStart: number;
}

const environment = { JOURNAL_DIRECTORY: temporaryDirectory('retention-'), PORT: '0', NO_COLOR: '1' };
let ledger: { readonly child: Child; readonly url: string };

async function start(more: Record<string, string> = {}): Promise<void> {
  const child = startExample('retention/retention.js', { ...environment, ...more });
  const line = await child.line(/^listening at http/);
  ledger = { child, url: line.replace('listening at ', '').replace('[::1]', 'localhost') };
}

async function get<T>(path: string): Promise<T> {
  return (await fetch(ledger.url + path)).json() as Promise<T>;
}

async function deposit(account: string, cents: number): Promise<boolean> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account, cents }),
  };
  return fetch(`${ledger.url}/deposits`, init).then(
    ({ status }) => status === 201,
    () => false,
  );
}

const storage = (): Promise<Storage> => get('/storage');
const balanceOf = async (account: string): Promise<number> =>
  (await get<Record<string, number>>('/balances'))[account] ?? 0;

async function statement(account: string): Promise<number> {
  const deposits = await get<{ sequence: string; cents: number }[]>(`/statements/${account}`);
  return deposits.reduce((sum, { cents }) => sum + cents, 0);
}

afterAll(() => ledger.child.kill());

describe('the example with snapshots, archives and compression', () => {
  it('archives and compresses by itself what its snapshots cover, and still knows every deposit', async () => {
    await start();
    let made = 0;
    while ((await storage()).compressed < 2) {
      const answers = await Promise.all(Array.from({ length: 25 }, () => deposit('ada', 2)));
      made += answers.filter(Boolean).length;
    }
    expect(BigInt((await storage()).firstAvailableSequence)).toBeGreaterThan(0n);
    expect(await balanceOf('ada')).toBe(2 * made);
    expect(await statement('ada')).toBe(2 * made);
  });

  it('restores its state from its snapshot after SIGKILL in the middle of deposits', async () => {
    const before = await balanceOf('ada');
    const answers = Array.from({ length: 300 }, (_, index) => deposit(index % 2 === 0 ? 'ada' : 'bob', 1));
    await Promise.any(answers.slice(20).map(async (answer) => (await answer) || Promise.reject(new Error())));
    await ledger.child.kill('SIGKILL');
    const acknowledged = (await Promise.all(answers)).filter(Boolean).length;
    await start();
    const { replayedAtStart, lastSequence } = await storage();
    expect(BigInt(replayedAtStart)).toBeLessThan(BigInt(lastSequence));
    const [ada, bob] = [await balanceOf('ada'), await balanceOf('bob')];
    expect(ada + bob).toBeGreaterThanOrEqual(before + acknowledged);
    expect(await statement('ada')).toBe(ada);
    expect(await statement('bob')).toBe(bob);
  });

  it('builds a new layout of the state from the archived segments, if an option says so', async () => {
    const [ada, bob] = [await balanceOf('ada'), await balanceOf('bob')];
    await ledger.child.kill('SIGTERM');
    await expect(start({ LAYOUT: '2' })).rejects.toThrow(/JOURNAL_REPLAY_GAP|includeArchived: true/);

    await start({ LAYOUT: '2', INCLUDE_ARCHIVED: 'true' });
    const { replayedAtStart, lastSequence } = await storage();
    expect(BigInt(replayedAtStart)).toBe(BigInt(lastSequence) + 1n);
    expect([await balanceOf('ada'), await balanceOf('bob')]).toEqual([ada, bob]);
    const taken = await fetch(`${ledger.url}/snapshots`, { method: 'POST' });
    expect(await taken.json()).toEqual({ Ledger: lastSequence });
    await ledger.child.kill('SIGKILL');

    // From the snapshot of the new layout it needs them no more.
    await start({ LAYOUT: '2' });
    expect((await storage()).replayedAtStart).toBe(0);
    expect([await balanceOf('ada'), await balanceOf('bob')]).toEqual([ada, bob]);
  });
});
