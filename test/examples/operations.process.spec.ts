import { afterEach, expect, it } from '@jest/globals';
import type { Child } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startExample } from './example-process.js';

const directory = temporaryDirectory('operations-');
let running: Child | null = null;

async function start(environment: Record<string, string> = {}): Promise<{ child: Child; url: string }> {
  const child = startExample('operations/operations.js', {
    JOURNAL_DIRECTORY: directory,
    PORT: '0',
    ...environment,
  });
  running = child;
  const line = await child.line(/^listening at http/);
  return { child, url: line.replace('listening at ', '').replace('[::1]', 'localhost') };
}

afterEach(async () => {
  await running?.kill();
});

async function get(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  return { status: response.status, text: await response.text() };
}

it('is healthy, measured, and ends in order; after SIGKILL it is healthy again', async () => {
  const first = await start();
  for (const cents of [500, 20]) {
    await fetch(`${first.url}/deposits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ cents }),
    });
  }
  expect((await get(`${first.url}/health/ready`)).status).toBe(200);
  const { text } = await get(`${first.url}/metrics`);
  expect(text).toContain('nestjs_file_journal_stored_entries_total{journal="default"} 2\n');
  expect(text).toContain('nestjs_file_journal_last_sequence{journal="default"} 1\n');
  await first.child.kill('SIGKILL');

  const second = await start();
  expect((await get(`${second.url}/health/live`)).status).toBe(200);
  expect((await get(`${second.url}/metrics`)).text).toContain(
    'nestjs_file_journal_durable_sequence{journal="default"} 1\n',
  );
  const closed = second.child.line(/"event":"journal.closed"/);
  await second.child.kill('SIGTERM');
  expect(JSON.parse(await closed)).toMatchObject({ level: 'log', message: { journal: 'default' } });
});

it('is not ready when the disk is nearly full, and alive all the same', async () => {
  const { url } = await start({ MIN_FREE_BYTES: String(2 ** 52) });
  const ready = await get(`${url}/health/ready`);
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.text)).toMatchObject({ error: { journal: { reasons: [{ code: 'disk-full' }] } } });
  expect((await get(`${url}/health/live`)).status).toBe(200);
});
