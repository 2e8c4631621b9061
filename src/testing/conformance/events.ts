import { SequencerEvent, type Journal, type JournalEntry, type ReadOptions } from '../../journal/index.js';

/** 2023-11-14T22:13:20Z; beyond 2^53, like every time in nanoseconds. */
const FIRST_TIMESTAMP_NS = 1_700_000_000_000_000_000n;

/** A plain event; its payload is 100 to 200 bytes long. */
export function eventAt(
  sequence: bigint | number,
  command: unknown = placeOrder(sequence),
  result: unknown = null,
): SequencerEvent {
  const sequenceNum = BigInt(sequence);
  return new SequencerEvent({
    sequenceNum,
    timestampNs: FIRST_TIMESTAMP_NS + (sequenceNum % 1_000_000n),
    command,
    result,
  });
}

/** `count` consecutive events. */
export function eventsFrom(first: bigint | number, count: number): SequencerEvent[] {
  return Array.from({ length: count }, (_, index) => eventAt(BigInt(first) + BigInt(index)));
}

/** An event with fields that the constructor refuses, as a subclass or a cast may make it. */
export function forgedEvent(fields: { sequenceNum?: unknown; timestampNs?: unknown }): SequencerEvent {
  const prototype: unknown = SequencerEvent.prototype;
  return Object.assign(Object.create(prototype as object) as SequencerEvent, {
    sequenceNum: 0n,
    timestampNs: 0n,
    command: null,
    result: null,
    ...fields,
  });
}

export function readAll(journal: Journal, from: bigint | number = 0n, options?: ReadOptions): JournalEntry[] {
  return [...journal.readFrom(from, options)];
}

export async function readAllAsync(
  journal: Journal,
  from: bigint | number = 0n,
  options?: ReadOptions,
): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of journal.readFrom(from, options)) entries.push(entry);
  return entries;
}

export function sequencesOf(entries: Iterable<JournalEntry>): bigint[] {
  return Array.from(entries, (entry) => entry.sequenceNum);
}

/** `[first, first + 1, …]` */
export function sequencesFrom(first: bigint | number, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt(first) + BigInt(index));
}

export function textOf(payload: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(payload);
}

function placeOrder(sequence: bigint | number): unknown {
  return { PlaceOrder: { id: `order-${sequence}`, side: 'Buy', price: 100, quantity: 5 } };
}
