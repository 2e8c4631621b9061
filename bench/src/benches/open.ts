/**
 * Opening a journal and finding an entry, against the size of the journal. Files are in the page cache,
 * except the end of the journal, which opening reads from the device.
 */
import { linkSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OURS, PEER_STORES, PLAIN_FILE, openAll, openJournal, type Store } from '../contestants/index.js';
import { EventSource } from '../harness/events.js';
import { fillJournal } from '../harness/journals.js';
import { inRounds } from '../harness/rounds.js';
import { random } from '../harness/random.js';
import { remove, subdirectory } from '../harness/workspace.js';
import type { Bench, BenchContext } from './bench.js';

const OPEN = 'open and close';
const FIRST_READ = 'first read after opening, from the middle';
const SEEK = 'start reading anywhere';
const SLOWEST_SEEK = 'start reading anywhere, the slowest of 50';
const REPLAY = 'read everything back';
const EMPTY = `${OURS}, one entry`;
const TAIL_ONLY = `${OURS}, only its last segment`;
const SEEKS = 50;

export const open: Bench = async (context) => {
  const { plan, workspace, figures } = context;
  const directory = subdirectory(workspace, 'journal');
  const source = new EventSource();
  const stores = await openAll(PEER_STORES, (name) => subdirectory(workspace, name), figures.skipped);
  const empty = subdirectory(workspace, 'empty');
  await fillJournal(empty, 1, new EventSource());
  let filledBytes = 0;
  for (const sizeBytes of plan.journalSizesBytes) {
    await fillJournal(directory, sizeBytes - filledBytes, source);
    filledBytes = sizeBytes;
    const peers = sizeBytes <= plan.maxPeerBytes ? stores : [];
    for (const store of peers) await store.fill(source.next);
    await measureAt(context, sizeBytes, directory, empty, source.next, peers);
  }
  for (const store of stores) await store.close();

  const largest = plan.journalSizesBytes.at(-1) ?? 0;
  figures.target(
    {
      id: '5.open',
      text: 'open the largest journal, against one with only its last segment',
      bound: 'at most',
      limit: 1.5,
    },
    OPEN,
    OURS,
    TAIL_ONLY,
    largest,
  );
  for (const [id, metric] of [
    ['5.start', SEEK],
    ['5.first', FIRST_READ],
  ] as const) {
    const rounds = figures.rounds(metric, OURS, largest);
    if (rounds === null) continue;
    figures.targets.push({
      id,
      text: `${metric}, the largest journal`,
      bound: 'at most',
      limit: 1,
      rounds: [...rounds],
      of: 'ms',
    });
  }
  remove(directory);
};

async function measureAt(
  { plan, workspace, figures }: BenchContext,
  sizeBytes: number,
  directory: string,
  empty: string,
  entries: number,
  stores: readonly Store[],
): Promise<void> {
  const tailOnly = subdirectory(workspace, 'tail');
  linkLastSegment(directory, tailOnly);
  const next = random(sizeBytes);
  const anySequence = (): number => Math.floor(next() * entries);

  const openings = [
    { name: OURS, run: () => openAndClose(directory) },
    { name: EMPTY, run: () => openAndClose(empty) },
    { name: TAIL_ONLY, run: () => openAndClose(tailOnly) },
    ...stores.map((store) => ({ name: store.name, run: () => store.reopen() })),
  ];
  for (const { run } of openings) await run();
  await inRounds(plan.rounds * 2, openings, async ({ name, run }) => {
    const startMs = performance.now();
    await run();
    figures.record(OPEN, 'ms', name, sizeBytes, performance.now() - startMs);
  });

  for (let round = 0; round < plan.rounds; round += 1) {
    const fresh = await openJournal(directory);
    const startMs = performance.now();
    first(fresh.readFrom(anySequence()));
    figures.record(FIRST_READ, 'ms', OURS, sizeBytes, performance.now() - startMs);
    await fresh.close();
  }

  const journal = await openJournal(directory);
  const seekers = [
    {
      name: OURS,
      limit: entries,
      readOne: async (sequence: number): Promise<unknown> => first(journal.readFrom(sequence)),
    },
    ...stores
      // Without an index, the contestant reads from the beginning, which takes too long at large sizes.
      .filter(({ name }) => name !== PLAIN_FILE || sizeBytes <= plan.maxReplayBytes)
      .map((store) => ({
        name: store.name,
        readOne: (sequence: number): Promise<unknown> => store.readOne(sequence),
      })),
  ];
  await inRounds(plan.rounds, seekers, async ({ name, readOne }) => {
    const seeks = name === PLAIN_FILE ? 2 : SEEKS;
    const elapsedMs: number[] = [];
    for (let i = 0; i < seeks; i += 1) {
      const startMs = performance.now();
      if ((await readOne(anySequence())) === undefined) throw new Error(`${name} found nothing`);
      elapsedMs.push(performance.now() - startMs);
    }
    elapsedMs.sort((a, b) => a - b);
    figures.record(SEEK, 'ms', name, sizeBytes, elapsedMs[seeks >>> 1] as number);
    // The mappings of the previous round were collected, so this read maps a segment.
    figures.record(SLOWEST_SEEK, 'ms', name, sizeBytes, elapsedMs[seeks - 1] as number);
  });

  if (sizeBytes <= plan.maxReplayBytes) {
    const replays = [
      {
        name: OURS,
        run: async (): Promise<void> => {
          for (const entry of journal.readFrom(0n)) void entry.event;
        },
      },
      ...stores.map((store) => ({
        name: store.name,
        run: async (): Promise<void> => void (await store.readAll()),
      })),
    ];
    await inRounds(Math.min(3, plan.rounds), replays, async ({ name, run }) => {
      const startMs = performance.now();
      await run();
      figures.record(REPLAY, 'ms', name, sizeBytes, performance.now() - startMs);
    });
  }
  await journal.close();
  remove(tailOnly);
}

async function openAndClose(directory: string): Promise<void> {
  const journal = await openJournal(directory);
  await journal.close();
}

function first(entries: Iterable<{ readonly event: unknown }>): unknown {
  for (const { event } of entries) return event;
  return undefined;
}

/**
 * Makes a journal that holds only the last segment of another one, under the name that a first segment always
 * has. It is a hard link, because in a copy the zeros after the end take space and are read.
 */
function linkLastSegment(from: string, to: string): void {
  const last = readdirSync(from)
    .filter((name) => /^segment-\d+\.journal$/.test(name))
    .sort()
    .at(-1);
  if (last === undefined) throw new Error('the journal has no segment');
  linkSync(join(from, last), join(to, `segment-${'0'.repeat(20)}.journal`));
}
