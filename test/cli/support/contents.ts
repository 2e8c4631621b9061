import { crc32 } from '../../../src/common/index.js';
import { FileJournal, SequencerEvent, type FileJournalOptions } from '../../../src/index.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

export const START_NS = 1_772_357_400_000_000_000n;

/** What one entry of a journal made for a test holds. */
export interface Content {
  readonly command: unknown;
  readonly result?: unknown;
  readonly commandId?: string;
  readonly timestampNs?: bigint;
}

/** Writes a journal, and closes it. Entries are a second apart. @returns its directory */
export async function journalOf(
  contents: readonly Content[],
  { firstSequence = 0n, ...options }: Partial<FileJournalOptions> & { firstSequence?: bigint } = {},
): Promise<string> {
  const directory = options.directory ?? temporaryDirectory('cli-');
  const journal = await FileJournal.open({ segmentSizeBytes: 65_536, ...options, directory });
  const events = contents.map(
    ({ command, result = null, commandId, timestampNs }, index) =>
      new SequencerEvent({
        sequenceNum: firstSequence + BigInt(index),
        timestampNs: timestampNs ?? START_NS + BigInt(index) * 1_000_000_000n,
        command,
        result,
        commandId: commandId ?? null,
      }),
  );
  await journal.appendBatch(events);
  await journal.close();
  return directory;
}

/** The sequences in JSON lines. */
export function sequencesIn(lines: string): number[] {
  return [...lines.matchAll(/^\{"sequence_num":(\d+)/gm)].map(([, sequence]) => Number(sequence));
}

/** The bytes of an entry that another writer made. */
export function entryBytes(sequence: bigint, timestampNs: bigint, payload: string): Buffer {
  const bytes = Buffer.from(payload);
  const entry = Buffer.alloc(24 + bytes.length);
  entry.writeUInt32LE(20 + bytes.length, 0);
  entry.writeBigUInt64LE(sequence, 4);
  entry.writeBigUInt64LE(timestampNs, 12);
  bytes.copy(entry, 20);
  entry.writeUInt32LE(crc32(entry, 4, 20 + bytes.length), 20 + bytes.length);
  return entry;
}
