import { describe, expect, it } from '@jest/globals';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { inMemoryHarness } from './in-memory-harness.js';
import { runSuite } from './mini-runner.js';
import { entryMutants } from './mutants/entry-mutants.js';
import { lifecycleMutants } from './mutants/lifecycle-mutants.js';
import { readMutants } from './mutants/read-mutants.js';
import { subscribeMutants } from './mutants/subscribe-mutants.js';
import { writeMutants } from './mutants/write-mutants.js';

const mutants = [...writeMutants, ...readMutants, ...subscribeMutants, ...entryMutants, ...lifecycleMutants];
const intact = inMemoryHarness('InMemoryJournal', InMemoryJournal.open);

describe('the conformance suite', () => {
  it('passes for an intact journal, and every topic of it has a mutant', async () => {
    const { passed, failed, skipped } = await runSuite(
      { ...intact, durabilities: ['sync'] },
      { timeoutMs: 120_000 },
    );
    expect({ failed, skipped }).toEqual({ failed: [], skipped: [] });
    const topics = new Set(passed.map((name) => name.split(' > ')[0]));
    expect([...topics].toSorted()).toEqual([...new Set(mutants.map(({ topic }) => topic))].toSorted());
  });

  it.each(mutants)('fails in "$topic" for a journal that $fault', async ({ topic, harness }) => {
    const { failed } = await runSuite(harness, { topic });
    expect(failed).not.toEqual([]);
  });
});
