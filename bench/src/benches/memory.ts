/**
 * The memory of a process that replays a large journal. Another process builds the journal, so that its
 * garbage is not counted.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SequencerEvent } from 'nestjs-file-journal';
import type { OrderBookCommand, OrderBookResult } from 'nestjs-file-journal/order-book';
import { anonymousMemoryBytes } from '../harness/memory.js';
import { subdirectory } from '../harness/workspace.js';
import type { Bench } from './bench.js';
import { AppliedBook, bootAndReplay } from './nest-replay.js';

const METRIC = 'memory (RssAnon)';
const SAMPLE_ENTRIES = 20_000;
const MIB = 1024 * 1024;

export const memory: Bench = async ({ plan, workspace, figures }) => {
  if (anonymousMemoryBytes() === null) {
    figures.notes.push('memory is not measured: /proc/self/status has no RssAnon here');
    return;
  }
  let highestBytes = 0;
  let applied = 0;
  class WatchedBook extends AppliedBook {
    override apply(event: SequencerEvent<OrderBookCommand, OrderBookResult>): void {
      super.apply(event);
      applied += 1;
      if (applied % SAMPLE_ENTRIES === 0) highestBytes = Math.max(highestBytes, anonymousMemoryBytes() ?? 0);
    }
  }
  const fill = fileURLToPath(new URL('../fill-journal.js', import.meta.url));
  // The second largest shows whether memory grows with the journal.
  for (const sizeBytes of plan.journalSizesBytes.slice(-2)) {
    const directory = subdirectory(workspace, 'journal');
    await promisify(execFile)(process.execPath, [fill, directory, String(sizeBytes)]);
    globalThis.gc?.();
    highestBytes = anonymousMemoryBytes() ?? 0;
    figures.record(METRIC, 'MiB', 'before the replay', sizeBytes, highestBytes / MIB);
    await bootAndReplay(directory, WatchedBook);
    figures.record(METRIC, 'MiB', 'highest during the replay', sizeBytes, highestBytes / MIB);
  }
  const largest = plan.journalSizesBytes.at(-1) ?? 0;
  figures.targets.push({
    id: '6.memory',
    text: `RssAnon of an application that replays ${Math.round(largest / MIB)} MiB`,
    bound: 'at most',
    limit: 150,
    rounds: [...(figures.rounds(METRIC, 'highest during the replay', largest) ?? [])],
    of: 'MiB',
  });
};
