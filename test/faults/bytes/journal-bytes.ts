/** Builds journals byte by byte on a disk in memory, and opens them with the real engine. */
import {
  FileJournal,
  type FileJournalOptions,
  type FileSystem,
  type ReadOnlyFileJournal,
} from '../../../src/file-journal/index.js';
import { JournalError, type JournalReader } from '../../../src/journal/index.js';
import { crc32 } from '../../../src/common/crc32.js';
import { Random } from '../../support/random.js';
import { JOURNAL_DIRECTORY, SimulatedDisk } from '../simulation/simulated-disk.js';

export const CHECKPOINT = 'journal.checkpoint';
export const SEGMENT_BYTES = 4096;
/** A checkpoint that sets no lower bound, but shows that this engine wrote the directory. */
export const EMPTY_CHECKPOINT = Buffer.alloc(8192);
/** No read may exceed the engine's block or the largest entry. */
export const MAX_READ_BYTES = 1024 * 1024;

export function segmentName(start: bigint | number): string {
  return `segment-${String(start).padStart(20, '0')}.journal`;
}

/** The payload that jsonCodec writes for such an event. */
export function payloadOf(sequence: bigint, text = `event ${sequence}`): Buffer {
  return Buffer.from(
    `{"sequence_num":${sequence},"timestamp_ns":7,"command":${JSON.stringify(text)},"result":null}`,
  );
}

/** The bytes of one entry on disk. */
export function rawEntry(sequence: bigint, payload: Uint8Array = payloadOf(sequence)): Buffer {
  const entry = Buffer.alloc(24 + payload.length);
  entry.writeUInt32LE(20 + payload.length, 0);
  entry.writeBigUInt64LE(sequence, 4);
  entry.writeBigUInt64LE(7n, 12);
  entry.set(payload, 20);
  entry.writeUInt32LE(crc32(entry, 4, 20 + payload.length), 20 + payload.length);
  return entry;
}

/** Entries `from` … `to` - 1 with the default payload. */
export function rawEntries(from: number, to: number): Buffer {
  return Buffer.concat(Array.from({ length: to - from }, (_, index) => rawEntry(BigInt(from + index))));
}

/** A segment file of `sizeBytes` that starts with `data`. */
export function segmentOf(data: Buffer, sizeBytes = SEGMENT_BYTES): Buffer {
  const segment = Buffer.alloc(Math.max(sizeBytes, data.length));
  data.copy(segment);
  return segment;
}

/** Offset of every whole entry, and the end of the last. */
export function entryOffsets(segment: Buffer): number[] {
  const offsets = [0];
  let offset = 0;
  while (offset + 4 <= segment.length && segment.readUInt32LE(offset) !== 0) {
    offset += 4 + segment.readUInt32LE(offset);
    offsets.push(offset);
  }
  return offsets;
}

export function diskWith(files: Readonly<Record<string, Buffer>>): SimulatedDisk {
  const disk = new SimulatedDisk(new Random(1), { allocates: true, maxSyncTurns: 0 });
  disk.files.makeDirectory(JOURNAL_DIRECTORY);
  for (const [name, content] of Object.entries(files)) disk.replaceFile(name, content);
  return disk;
}

/** The current files of a disk. */
export function filesOf(disk: SimulatedDisk): Record<string, Buffer> {
  return Object.fromEntries(
    [...disk.journalFiles()].map(([name, { content }]) => [name, Buffer.from(content)]),
  );
}

/** Compares files faster than Jest, which compares buffers byte by byte. */
export function sameFiles(disk: SimulatedDisk, expected: Readonly<Record<string, Buffer>>): boolean {
  const files = filesOf(disk);
  const names = Object.keys(expected);
  return (
    Object.keys(files).length === names.length &&
    names.every((name) => files[name]?.equals(expected[name] as Buffer) === true)
  );
}

type Options = Omit<FileJournalOptions, 'directory' | 'fileSystem'>;

export function openOn(disk: SimulatedDisk, options: Options = {}): Promise<FileJournal> {
  return FileJournal.open({
    directory: JOURNAL_DIRECTORY,
    segmentSizeBytes: SEGMENT_BYTES,
    maxUnsyncedBytes: SEGMENT_BYTES,
    mapper: 'koffi',
    ...options,
    fileSystem: () => withBoundedReads(disk.files),
  });
}

export function openViewerOn(
  disk: SimulatedDisk,
  options: Pick<Options, 'reader' | 'codec'> = {},
): Promise<ReadOnlyFileJournal> {
  return FileJournal.openReadOnly({
    directory: JOURNAL_DIRECTORY,
    mapper: 'koffi',
    ...options,
    fileSystem: () => withBoundedReads(disk.files),
  });
}

/** Opens the journal and returns its entries as texts, or the typed error. Any other error fails the test. */
export async function openAndRead(disk: SimulatedDisk, options: Options = {}): Promise<Reading> {
  let journal: FileJournal;
  try {
    journal = await openOn(disk, options);
  } catch (error) {
    return { opened: false, payloads: [], error: typed(error), lastSequence: null };
  }
  try {
    return { opened: true, lastSequence: journal.lastSequence, ...readUpToError(journal) };
  } finally {
    await journal.close();
  }
}

export interface Reading {
  readonly opened: boolean;
  readonly payloads: readonly string[];
  readonly error: JournalError | null;
  readonly lastSequence: bigint | null;
}

/** Payloads of the entries up to the first error. */
export function readUpToError(
  journal: JournalReader,
  from = 0n,
): { payloads: string[]; error: JournalError | null } {
  const payloads: string[] = [];
  try {
    for (const entry of journal.readFrom(from)) payloads.push(Buffer.from(entry.payload).toString('latin1'));
    return { payloads, error: null };
  } catch (error) {
    return { payloads, error: typed(error) };
  }
}

/** @throws everything but a JournalError */
export function typed(error: unknown): JournalError {
  if (JournalError.isJournalError(error)) return error;
  throw error;
}

/** A read larger than any block or entry means that the engine trusted a wrong length. */
function withBoundedReads(files: FileSystem): FileSystem {
  return {
    ...files,
    read(fd, target, position, path) {
      if (target.length > MAX_READ_BYTES) throw new Error(`a read of ${target.length} bytes of ${path}`);
      files.read(fd, target, position, path);
    },
  };
}
