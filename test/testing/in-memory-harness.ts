import type { InMemoryJournalOptions } from '../../src/in-memory-journal/index.js';
import type { Journal } from '../../src/journal/index.js';
import type { ConformanceOpenOptions, JournalHarness } from '../../src/testing/index.js';

/** A harness with all capabilities; a restart is a new journal with the entries of the old one. */
export function inMemoryHarness(
  name: string,
  open: (options: InMemoryJournalOptions) => Promise<Journal>,
): JournalHarness {
  const openWith = (
    options: ConformanceOpenOptions,
    initialEntries: InMemoryJournalOptions['initialEntries'] = [],
  ) =>
    open({
      durability: options.durability,
      codec: options.codec,
      entriesPerSegment: options.smallSegments ? 8 : undefined,
      initialEntries,
    });
  return {
    name,
    capabilities: { persistent: true, damageable: true, customCodec: true, smallSegments: true },
    open: (options) => openWith(options),
    async reopen(journal, options) {
      const entries = [...journal.readFrom(0n)];
      await journal.close();
      return openWith(options, entries);
    },
    async damage(journal, sequence) {
      for (const { payload } of journal.readFrom(sequence, { limit: 1 })) payload.fill(0x20, -2, -1);
      return journal;
    },
  };
}
