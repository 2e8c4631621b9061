import { describe, expect, it } from '@jest/globals';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import type { Journal } from '../../src/journal/index.js';
import {
  defineJournalConformance,
  type ConformanceRunner,
  type JournalHarness,
} from '../../src/testing/index.js';
import { inMemoryHarness } from './in-memory-harness.js';
import { runSuite } from './mini-runner.js';

// Compiles only if the functions of node:test fit unchanged.
const nodeTestFits: typeof import('node:test') extends ConformanceRunner ? true : never = true;

const base: JournalHarness = {
  ...inMemoryHarness('InMemoryJournal', InMemoryJournal.open),
  durabilities: ['sync'],
};
const none = { persistent: false, damageable: false, customCodec: false, smallSegments: false };

describe('defineJournalConformance', () => {
  it('skips tests that need a missing capability, and names it', async () => {
    const { passed, failed, skipped } = await runSuite(
      { ...base, capabilities: none },
      { timeoutMs: 120_000 },
    );
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(90);
    const missing = new Set(skipped.map((name) => /\(needs (\w+)\)$/.exec(name)?.[1]));
    expect(missing).toEqual(new Set(Object.keys(none)));
  });

  it('runs once for each durability', () => {
    const names: string[] = [];
    const describeJournal = (name: string): void => void names.push(name);
    defineJournalConformance({ describe: describeJournal, it }, { ...base, durabilities: undefined });
    expect(names).toEqual(['InMemoryJournal, sync', 'InMemoryJournal, async']);
  });

  it.each([
    ['capabilities.persistent', { reopen: undefined }],
    ['capabilities.damageable', { damage: undefined }],
  ])('names %s if its function is missing', (option, without) => {
    const define = (): void => defineJournalConformance({ describe, it }, { ...base, ...without });
    expect(define).toThrow(expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option }));
  });

  it('closes the journals of a test and cleans up, even if the test fails', async () => {
    const opened: Journal[] = [];
    let cleanups = 0;
    const harness: JournalHarness = {
      ...base,
      async open() {
        const journal = await InMemoryJournal.open({
          codec: { encode: () => new Uint8Array(), decode: fail },
        });
        opened.push(journal);
        return journal;
      },
      cleanup: () => void (cleanups += 1),
    };
    const { passed, failed } = await runSuite(harness, { topic: 'entries' });
    expect(failed.length).toBeGreaterThan(5);
    expect(cleanups).toBe(passed.length + failed.length);
    expect(opened.map((journal) => journal.state)).toEqual(opened.map(() => 'closed'));
  });

  it('accepts the functions of node:test', () => {
    expect(nodeTestFits).toBe(true);
  });
});

function fail(): never {
  throw new Error('cannot be decoded');
}
