import { SequencerEvent } from '../../src/journal/index.js';

/** An event whose text is about as long as an order's. */
export function event(sequenceNum: bigint | number, padding = 0): SequencerEvent {
  return new SequencerEvent({
    sequenceNum,
    timestampNs: 1_700_000_000_000_000_000n + BigInt(sequenceNum),
    command: { Note: { number: Number(sequenceNum), padding: 'x'.repeat(padding) } },
    result: null,
  });
}

export function events(from: number, to: number, padding = 0): SequencerEvent[] {
  return Array.from({ length: to - from }, (_, index) => event(from + index, padding));
}
