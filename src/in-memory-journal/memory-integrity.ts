import { entrySizeBytes } from '../journal-kit/index.js';
import {
  CorruptEntryError,
  messageOf,
  type IntegrityError,
  type IntegrityReport,
  type PayloadCodec,
} from '../journal/index.js';
import { CooperativeYield } from '../common/index.js';
import { checkedEntry } from './memory-entries.js';
import type { LocatedRecord } from './memory-segments.js';

/**
 * Reads every record and reports every fault. A journal in memory cannot lose a segment, so it has no gaps.
 */
export async function verifyRecords(
  records: Iterable<LocatedRecord>,
  segments: number,
  codec: PayloadCodec,
): Promise<IntegrityReport> {
  const errors: IntegrityError[] = [];
  const pause = new CooperativeYield();
  let entries = 0n;
  let bytes = 0n;
  let firstSequence: bigint | null = null;
  let lastSequence: bigint | null = null;
  for (const located of records) {
    firstSequence ??= located.record.sequenceNum;
    lastSequence = located.record.sequenceNum;
    const fault = faultOf(located, codec);
    if (fault !== null) errors.push(fault);
    if (fault?.kind !== 'crc') {
      entries += 1n;
      bytes += BigInt(entrySizeBytes(located.record.payload.byteLength));
    }
    pause.countEntry();
    if (pause.isDue) await pause.run();
  }
  return { ok: errors.length === 0, segments, entries, bytes, firstSequence, lastSequence, errors };
}

function faultOf(located: LocatedRecord, codec: PayloadCodec): IntegrityError | null {
  try {
    checkedEntry(located, codec, true);
    return null;
  } catch (error) {
    const kind = error instanceof CorruptEntryError ? 'crc' : 'payload';
    return { kind, ...located.location, message: messageOf(error) };
  }
}
