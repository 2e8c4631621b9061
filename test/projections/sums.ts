import { type JournalEntry } from '../../src/journal/index.js';
import { Projection, type ProjectionContext } from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';

export const QUICK = { retry: { initialDelayMs: 1, maxDelayMs: 2, maxRetries: 1_000 } };

/** A read model whose handlers fail on demand. */
export class Sums {
  seen: bigint[] = [];
  replayed: bigint[] = [];
  total = 0;
  resets = 0;
  failAt: bigint | null = null;
  handle(entry: JournalEntry, { isReplaying }: ProjectionContext): void {
    if (entry.sequenceNum === this.failAt) throw new Error(`cannot take ${entry.sequenceNum}`);
    this.seen.push(entry.sequenceNum);
    if (isReplaying) this.replayed.push(entry.sequenceNum);
    const { command } = entry.event as { command: { Add?: number } };
    this.total += command.Add ?? 0;
  }
  reset(): void {
    this.resets += 1;
    this.seen = [];
    this.replayed = [];
    this.total = 0;
  }
}

@Projection('first', { retry: QUICK.retry, checkpointIntervalMs: 0 })
export class First extends Sums {}

@Projection('second', { retry: QUICK.retry, checkpointIntervalMs: 0 })
export class Second extends Sums {}

export async function add(sequencer: Sequencer, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => sequencer.submit({ Add: 1 })));
}

export function range(from: number, to: number): bigint[] {
  return Array.from({ length: to - from }, (_, index) => BigInt(from + index));
}
