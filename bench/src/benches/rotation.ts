/** Appends across many rotations against appends without any. */
import { OURS, openJournal } from '../contestants/index.js';
import { EventSource } from '../harness/events.js';
import { Latencies } from '../harness/latency.js';
import type { Figures } from '../harness/measurements.js';
import { inRounds } from '../harness/rounds.js';
import { remove, subdirectory } from '../harness/workspace.js';
import type { Bench } from './bench.js';

/**
 * Small segments, so that more than one append in a thousand waits for a rotation and the 99.9th percentile
 * shows it.
 */
const CASES = [
  { inFlight: 1, segmentSizeBytes: 64 * 1024 },
  { inFlight: 64, segmentSizeBytes: 1024 * 1024 },
];
const ENTRY_BYTES = 385;

export const rotation: Bench = async ({ plan, workspace, figures }) => {
  for (const { inFlight, segmentSizeBytes } of CASES) {
    const entries = Math.ceil((plan.rotations * segmentSizeBytes) / ENTRY_BYTES);
    const ways = [
      { name: `${OURS}, ${plan.rotations} rotations`, options: { segmentSizeBytes } },
      { name: `${OURS}, no rotation`, options: {} },
    ] as const;
    await inRounds(plan.rounds, ways, async ({ name, options }) => {
      const directory = subdirectory(workspace, 'rotation');
      await appendEntries(directory, options, entries, inFlight, name, figures);
      remove(directory);
    });
    const [rotating, steady] = ways;
    figures.target(
      {
        id: `8.${inFlight}`,
        text: `p99.9 across ${plan.rotations} rotations against none, ${inFlight} in flight`,
        bound: 'at most',
        limit: 3,
      },
      'latency p99.9',
      rotating.name,
      steady.name,
      inFlight,
    );
  }
};

async function appendEntries(
  directory: string,
  options: { readonly segmentSizeBytes?: number },
  entries: number,
  inFlight: number,
  name: string,
  figures: Figures,
): Promise<void> {
  const journal = await openJournal(directory, options);
  const source = new EventSource();
  const latencies = new Latencies();
  const caller = async (): Promise<void> => {
    while (source.next < entries) {
      const beforeMs = performance.now();
      await journal.append(source.typed());
      latencies.add(performance.now() - beforeMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  await journal.close();
  latencies.record(figures, name, inFlight);
}
