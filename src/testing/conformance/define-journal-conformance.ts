import type { Durability } from '../../journal/index.js';
import { assertCapabilities, missingCapability, type RequiredCapability } from './capabilities.js';
import type { ConformanceRunner, JournalHarness } from './harness.js';
import { runTest } from './run-test.js';
import type { TestBody, Topic } from './topic.js';
import { topics } from './topics/index.js';

/**
 * Defines the conformance suite of the journal contract with the functions of a test runner. A journal that
 * passes it can replace `FileJournal`. Assertions come from `node:assert`, so any runner works.
 *
 * The suite is a list of topics (arguments, append, batch, visibility, read, …), defined once per durability.
 * Tests that need a capability that the journal lacks are skipped, with its name in the title.
 *
 * @example <caption>Vitest (Jest and Mocha alike)</caption>
 * import { describe, it } from 'vitest';
 * import { defineJournalConformance } from 'nestjs-file-journal/testing';
 *
 * defineJournalConformance(
 *   { describe, it },
 *   {
 *     name: 'RedisJournal',
 *     capabilities: { persistent: true, damageable: false, customCodec: true, smallSegments: false },
 *     open: ({ durability, codec }) => RedisJournal.open({ stream: randomUUID(), durability, codec }),
 *     async reopen(journal, { durability, codec }) {
 *       await journal.close();
 *       return RedisJournal.open({ stream: (journal as RedisJournal).stream, durability, codec });
 *     },
 *     cleanup: () => redis.flushdb(),
 *   },
 * );
 *
 * @example <caption>node:test</caption>
 * import { describe, it } from 'node:test';
 * import { InMemoryJournal } from 'nestjs-file-journal';
 * import { defineJournalConformance } from 'nestjs-file-journal/testing';
 *
 * defineJournalConformance(
 *   { describe, it },
 *   {
 *     name: 'InMemoryJournal',
 *     capabilities: { persistent: false, damageable: false, customCodec: true, smallSegments: true },
 *     open: ({ durability, smallSegments, codec }) =>
 *       InMemoryJournal.open({ durability, codec, entriesPerSegment: smallSegments ? 8 : undefined }),
 *   },
 * );
 *
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) if the harness claims a capability without its
 * function
 * @publicApi
 */
export function defineJournalConformance(runner: ConformanceRunner, harness: JournalHarness): void {
  assertCapabilities(harness.capabilities, harness);
  for (const durability of harness.durabilities ?? (['sync', 'async'] as const)) {
    runner.describe(`${harness.name}, ${durability}`, () => {
      for (const topic of topics) defineTopic(runner, harness, durability, topic);
    });
  }
}

function defineTopic(
  runner: ConformanceRunner,
  harness: JournalHarness,
  durability: Durability,
  topic: Topic,
): void {
  const define = (name: string, body: TestBody, requires?: RequiredCapability): void => {
    const missing = missingCapability(harness.capabilities, [topic.requires, requires]);
    const run = (): Promise<void> => runTest(harness, durability, body);
    if (missing === undefined) runner.it(name, run);
    else runner.it.skip?.(`${name} (needs ${missing})`, run);
  };
  runner.describe(topic.name, () => topic.define(define));
}
