import assert from 'node:assert/strict';
import type { Durability, Journal } from '../../journal/index.js';
import type { ConformanceOpenOptions, JournalHarness } from './harness.js';
import type { TestBody } from './topic.js';

/** Runs one test with journals of its own, then closes them and cleans up. */
export async function runTest(
  harness: JournalHarness,
  durability: Durability,
  body: TestBody,
): Promise<void> {
  const opened = new Map<Journal, ConformanceOpenOptions>();
  const keep = (journal: Journal, options: ConformanceOpenOptions): Journal => {
    opened.set(journal, options);
    return journal;
  };
  try {
    await body({
      durability,
      capabilities: harness.capabilities,
      async open(overrides = {}) {
        const options = { durability, smallSegments: false, codec: undefined, ...overrides };
        return keep(await harness.open(options), options);
      },
      async reopen(journal) {
        const options = opened.get(journal);
        assert(harness.reopen !== undefined && options !== undefined);
        return keep(await harness.reopen(journal, options), options);
      },
      async damage(journal, sequence) {
        const options = opened.get(journal);
        assert(harness.damage !== undefined && options !== undefined);
        return keep(await harness.damage(journal, sequence, options), options);
      },
    });
    for (const journal of opened.keys()) await journal.close();
  } catch (error) {
    // The failure of the test matters more than a failure to close its journals.
    await Promise.allSettled([...opened.keys()].map((journal) => journal.close()));
    throw error;
  } finally {
    await harness.cleanup?.();
  }
}
