import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { GOLDEN_VERSIONS, goldenCase } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { importSnippet } from './snippets.js';

const GUIDE = 'docs/guides/migrating-from-orderbook-rs.md';

const { read } = await importSnippet<{ read(directory: string): Promise<string> }>(
  GUIDE,
  'read-rust-journal.ts',
);
const { cancelAll } = await importSnippet<{ cancelAll(directory: string): Promise<string> }>(
  GUIDE,
  'continue-rust-journal.ts',
);
const { follow } = await importSnippet<{
  follow(directory: string, next: bigint, signal: AbortSignal): AsyncGenerator<SequencerEvent>;
}>(GUIDE, 'follow-rust-writer.ts');

it.each(GOLDEN_VERSIONS)('a journal of orderbook-rs %s is read as the guide reads it', async (version) => {
  expect(await read(goldenCase(version, 'replay-book').directory)).toMatch(
    / AddOrder, .*; up to 1999; intact$/,
  );
});

it.each(GOLDEN_VERSIONS)('a journal of orderbook-rs %s is continued, a torn one too', async (version) => {
  const whole = goldenCase(version, 'replay-book').copy();
  expect(await cancelAll(whole)).toBe('clean, 2000');
  expect(await read(whole)).toMatch(/1 CancelAll|CancelAll, /);
  expect(await cancelAll(goldenCase(version, 'torn-tail').copy())).toBe('torn-tail, 9');
});

it('a writer that is not this package is followed, across a segment that appears meanwhile', async () => {
  // Another process writes into a mapped file: here the bytes that the crate wrote appear one segment after
  // the other.
  const golden = goldenCase('v0.12.1', 'rotated');
  const directory = temporaryDirectory();
  const names = [...new Set(golden.entries.map(({ segment }) => segment ?? ''))].sort();
  const reveal = (): void => {
    const name = names.shift();
    if (name !== undefined) cpSync(join(golden.directory, name), join(directory, name));
  };
  reveal();
  const abort = new AbortController();
  const seen: bigint[] = [];
  for await (const { sequenceNum } of follow(directory, 0n, abort.signal)) {
    seen.push(sequenceNum);
    if (seen.length % 10 === 0) reveal();
    if (seen.length === golden.entries.length) abort.abort();
  }
  expect(seen).toEqual(golden.entries.map(({ sequence }) => sequence));
});

it('a follower that lost its place to archiving says so', async () => {
  const golden = goldenCase('v0.12.1', 'rotated-archived');
  const first = golden.entries[0]?.sequence ?? 0n;
  expect(first).toBeGreaterThan(0n);
  const events = follow(golden.directory, 0n, new AbortController().signal);
  await expect(events.next()).rejects.toThrow('0 is missing: archived before it was read');
});

it('an id that Rust could not read is refused', async () => {
  await using journal = await FileJournal.open({ directory: temporaryDirectory(), codec: orderBookCodec() });
  const event = new SequencerEvent({
    sequenceNum: 0n,
    timestampNs: 0n,
    command: { CancelOrder: 'order-1' },
    result: { OrderCancelled: { order_id: 'order-1' } },
  });
  await expect(journal.append(event)).rejects.toMatchObject({ code: 'JOURNAL_SERIALIZATION' });
});

it('the guide names every version that the golden journals are of', () => {
  const guide = readFileSync(
    new URL('../../docs/guides/migrating-from-orderbook-rs.md', import.meta.url),
    'utf8',
  );
  for (const version of GOLDEN_VERSIONS) expect(guide).toContain(version.replace('v', ''));
});
