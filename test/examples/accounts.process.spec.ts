import { afterAll, describe, expect, it } from '@jest/globals';
import type { Child } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startExample } from './example-process.js';

interface View {
  readonly owner: string;
  readonly currency: string;
  readonly balanceCents: string;
  readonly version: number;
}

const environment = { JOURNAL_DIRECTORY: temporaryDirectory('accounts-'), PORT: '0', NO_COLOR: '1' };
let backend: { readonly child: Child; readonly url: string } | null = null;

async function start(): Promise<void> {
  const child = startExample('accounts/src/main.js', environment);
  const line = await child.line(/^listening at http/);
  backend = { child, url: line.replace('listening at ', '').replace('[::1]', 'localhost') };
}

async function request(path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const init =
    body === undefined
      ? {}
      : {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        };
  const response = await fetch(`${backend?.url}/accounts${path}`, init);
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

const view = async (id: string): Promise<View> => (await request(`/${id}`)).body as View;

afterAll(() => backend?.child.kill());

describe('the accounts example', () => {
  it('reads what its first release had written when it was killed', async () => {
    const old = startExample('accounts/first-release/main.js', environment);
    await old.line('written 20');
    await old.kill('SIGKILL');
    await start();
    const ada = await view('ada');
    expect(ada).toMatchObject({ owner: 'ada', currency: 'EUR' });
    const deposits = ada.version - 1;
    expect(deposits).toBeGreaterThanOrEqual(20);
    expect(BigInt(ada.balanceCents)).toBe(BigInt(deposits) * 1_230n);
    expect(await view('bob')).toMatchObject({ owner: 'bob', balanceCents: '0', version: 1 });
  });

  it('adds to it, in today’s versions, and answers what the domain refuses', async () => {
    expect(await request('', { id: 'cem', owner: 'Cem', currency: 'CHF' })).toMatchObject({ status: 201 });
    expect(await request('', { id: 'cem', owner: 'Eve', currency: 'CHF' })).toMatchObject({ status: 409 });
    expect(await request('/cem/deposits', { cents: 700 })).toMatchObject({
      body: { balanceCents: '700', version: 2 },
    });
    expect(await request('/cem/withdrawals', { cents: 701 })).toMatchObject({ status: 422 });
    expect(await request('/cem/withdrawals', { cents: 1.5 })).toMatchObject({ status: 400 });
    expect(await request('/ada/transfers', { to: 'cem', cents: 1 })).toMatchObject({ status: 422 });
    expect(await request('/nobody/deposits', { cents: 1 })).toMatchObject({ status: 404 });
    expect(await request('/nobody')).toMatchObject({
      status: 404,
      body: { code: 'JOURNAL_AGGREGATE_NOT_FOUND' },
    });
    expect(await request('/cem/withdrawals', { cents: 700 })).toMatchObject({ body: { balanceCents: '0' } });
  });

  it('loses and makes no money when it is killed among transfers', async () => {
    const total = BigInt((await view('ada')).balanceCents);
    let acknowledged = 0n;
    const transfers = (async () => {
      for (;;) {
        const answers = await Promise.all(
          Array.from({ length: 4 }, () => request('/ada/transfers', { to: 'bob', cents: 1 })),
        );
        acknowledged += BigInt(answers.filter(({ status }) => status === 204).length);
        if (acknowledged >= 40n) void backend?.child.kill('SIGKILL');
      }
    })();
    // Ends when the server no longer answers.
    await expect(transfers).rejects.toThrow();
    await backend?.child.exited;
    await start();
    const [ada, bob] = [await view('ada'), await view('bob')];
    expect(BigInt(ada.balanceCents) + BigInt(bob.balanceCents)).toBe(total);
    expect(BigInt(bob.balanceCents)).toBeGreaterThanOrEqual(acknowledged);
    expect(bob.version).toBe(1 + Number(bob.balanceCents));
  });
});
