/**
 * What aggregates, command ids and projections keep in memory, and the memory of a process that replays a
 * large journal. Other processes build the journals, so that their garbage is not counted.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SequencerEvent } from 'nestjs-file-journal';
import type { OrderBookCommand, OrderBookResult } from 'nestjs-file-journal/order-book';
import { anonymousMemoryBytes } from '../harness/memory.js';
import { remove, subdirectory } from '../harness/workspace.js';
import type { Footprint, FootprintCase } from '../memory/footprint.js';
import type { Bench, BenchContext } from './bench.js';
import { AppliedBook, bootAndReplay } from './nest-replay.js';

const METRIC = 'memory (RssAnon)';
const SAMPLE_ENTRIES = 20_000;
const MIB = 1024 * 1024;

const KEPT = 'kept in memory';
const KEPT_EACH = 'kept in memory by each';

const FOOTPRINTS: readonly { readonly name: FootprintCase; readonly what: string; readonly count: number }[] =
  [
    { name: 'aggregates', what: 'live aggregates', count: 1_000 },
    { name: 'ids', what: 'known command ids of 36 letters', count: 1_000_000 },
    { name: 'projections', what: 'projections', count: 10 },
  ];

export const memory: Bench = async (context) => {
  await footprints(context);
  await largestReplay(context);
};

async function footprints({ plan, workspace, figures }: BenchContext): Promise<void> {
  const script = fileURLToPath(new URL('../memory/footprint.js', import.meta.url));
  for (const { name, what, count } of FOOTPRINTS) {
    const measured = plan.smoke ? Math.min(count, 1_000) : count;
    for (let round = 0; round < Math.min(3, plan.rounds); round += 1) {
      const directory = subdirectory(workspace, name);
      const args = ['--expose-gc', script, name, String(measured), directory];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { beforeBytes, afterBytes } = JSON.parse(stdout) as Footprint;
      const contestant = `${measured.toLocaleString('en-US')} ${what}`;
      figures.record(KEPT, 'KiB', contestant, null, (afterBytes - beforeBytes) / 1024);
      figures.record(KEPT_EACH, 'bytes', contestant, null, (afterBytes - beforeBytes) / measured);
      remove(directory);
    }
  }
}

async function largestReplay({ plan, workspace, figures }: BenchContext): Promise<void> {
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
}
