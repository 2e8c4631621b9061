import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';
import type { Child } from '../support/child.js';
import { startExample } from './example-process.js';

const directory = temporaryDirectory('account-');
let account: { readonly child: Child; readonly url: string };

async function start(): Promise<typeof account> {
  const child = startExample('minimal/minimal.js', {
    JOURNAL_DIRECTORY: directory,
    PORT: '0',
    NO_COLOR: '1',
  });
  const line = await child.line(/^listening at http/);
  return { child, url: line.replace('listening at ', '').replace('[::1]', 'localhost') };
}

async function post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(account.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function balance(): Promise<unknown> {
  return (await fetch(`${account.url}/balance`)).json();
}

beforeAll(async () => {
  account = await start();
});

afterAll(() => account.child.kill());

describe('the smallest example', () => {
  it('answers with the journaled event', async () => {
    expect(await post('/deposits', { cents: 500 })).toEqual({
      status: 201,
      body: {
        sequenceNum: '0',
        timestampNs: expect.stringMatching(/^\d{19}$/),
        command: { Deposit: { cents: 500 } },
        result: { balanceCents: 500 },
      },
    });
    expect(await post('/withdrawals', { cents: 120 })).toMatchObject({ body: { sequenceNum: '1' } });
    expect(await balance()).toEqual({ balanceCents: 380 });
  });

  it('does not give more than there is', async () => {
    expect(await post('/withdrawals', { cents: 381 })).toMatchObject({
      status: 422,
      body: { message: 'there are only 380 cents' },
    });
    expect(await balance()).toEqual({ balanceCents: 380 });
  });

  it.each<unknown>([
    { cents: '5' },
    { cents: -5 },
    { cents: 0.5 },
    { cents: 2 ** 53 },
    { cents: null },
    {},
    [],
  ])('refuses %j, and journals nothing', async (body) => {
    expect((await post('/deposits', body)).status).toBe(400);
    expect(await balance()).toEqual({ balanceCents: 380 });
  });

  it('remembers the balance after SIGKILL, and continues', async () => {
    await account.child.kill('SIGKILL');
    account = await start();
    expect(await balance()).toEqual({ balanceCents: 380 });
    expect(await post('/deposits', { cents: 1 })).toMatchObject({
      body: { sequenceNum: '2', result: { balanceCents: 381 } },
    });
  });
});
