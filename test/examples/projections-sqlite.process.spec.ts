import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SQLITE_DIRECTORY, WITHOUT_SQLITE } from '../support/better-sqlite3.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import type { Child } from '../support/child.js';
import { until } from '../support/until.js';
import { startExample } from './example-process.js';

const directory = temporaryDirectory('bank-');
let bank: { readonly child: Child; readonly url: string };

async function start(): Promise<typeof bank> {
  const child = startExample('projections-sqlite/projections-sqlite.js', {
    JOURNAL_DIRECTORY: directory,
    PORT: '0',
    NO_COLOR: '1',
  });
  const line = await child.line(/^listening at http/);
  return { child, url: line.replace('listening at ', '').replace('[::1]', 'localhost') };
}

async function post(path: string, body: unknown = {}): Promise<unknown> {
  const response = await fetch(bank.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(201);
  return response.json();
}

async function get(path: string): Promise<unknown> {
  return (await fetch(bank.url + path)).json();
}

async function caughtUp(): Promise<void> {
  await until(async () => {
    const all = (await get('/projections')) as { lag: string }[];
    return all.every(({ lag }) => lag === '0');
  }, 'every projection has caught up');
}

(SQLITE_DIRECTORY === null ? describe.skip : describe)(
  `the example with a read model in SQLite${WITHOUT_SQLITE}`,
  () => {
    beforeAll(async () => {
      // As `npm install better-sqlite3` in the example's directory would have it.
      const modules = fileURLToPath(
        new URL('../../dist/examples/projections-sqlite/node_modules', import.meta.url),
      );
      if (!existsSync(modules)) symlinkSync(join(SQLITE_DIRECTORY ?? '', 'node_modules'), modules);
      bank = await start();
    });

    afterAll(() => bank.child.kill());

    it('shows a deposit to who made it, and a bonus when there is one', async () => {
      await post('/deposits', { account: 'ada', cents: 500 });
      expect(await get('/balances')).toEqual([{ account: 'ada', cents: 500 }]);
      await post('/deposits', { account: 'bob', cents: 20_000 });
      await caughtUp();
      expect(await get('/balances')).toEqual([
        { account: 'ada', cents: 500 },
        { account: 'bob', cents: 20_200 },
      ]);
    });

    it('has everything once after SIGKILL in the middle of deposits', async () => {
      const acknowledged: Promise<unknown>[] = [];
      for (let count = 0; count < 50; count += 1) {
        acknowledged.push(post('/deposits', { account: 'eve', cents: 1_000 }).catch(() => null));
      }
      await Promise.any(acknowledged);
      await bank.child.kill('SIGKILL');
      const known = (await Promise.all(acknowledged)).filter((answer) => answer !== null).length;
      bank = await start();
      await caughtUp();
      const [, , eve] = (await get('/balances')) as { account: string; cents: number }[];
      expect(eve?.account).toBe('eve');
      // Each deposit with its bonus of 10, and none without.
      expect((eve?.cents ?? 0) % 1_010).toBe(0);
      expect((eve?.cents ?? 0) / 1_010).toBeGreaterThanOrEqual(known);
    });

    it('is rebuilt to the same balances, and gives no bonus twice', async () => {
      const before = await get('/balances');
      expect(await post('/projections/balances/rebuild')).toMatchObject({ etaMs: 0 });
      await caughtUp();
      expect(await get('/balances')).toEqual(before);
    });
  },
);
