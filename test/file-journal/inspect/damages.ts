import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileJournal } from '../../../src/file-journal/index.js';
import { events } from '../../support/events.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

export const SEGMENT_BYTES = 16 * 1024;
/** A tear may lose no more bytes than a writer with this limit can have written. */
export const OPTIONS = { segmentSizeBytes: SEGMENT_BYTES, lockTimeoutMs: 0 } as const;
export const CHECKPOINT = 'journal.checkpoint';

/** A closed journal of several segments, each entry about 200 bytes. */
export async function closedJournal(count = 200): Promise<string> {
  const directory = temporaryDirectory('inspected-');
  await using journal = await FileJournal.open({ directory, ...OPTIONS });
  await journal.appendBatch(events(0, count, 100));
  return directory;
}

export function copyOf(directory: string): string {
  const copy = temporaryDirectory('copy-');
  cpSync(directory, copy, { recursive: true });
  return copy;
}

export function liveSegments(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^segment-\d+\.journal$/.test(name))
    .sort();
}

export function newestSegment(directory: string): string {
  return liveSegments(directory).at(-1) as string;
}

/** Offsets of the entries in a segment, and the end of its data. */
export function offsetsIn(directory: string, segment: string): number[] {
  const bytes = readFileSync(join(directory, segment));
  const offsets = [];
  let offset = 0;
  for (
    ;
    offset + 4 <= bytes.length && bytes.readUInt32LE(offset) !== 0;
    offset += 4 + bytes.readUInt32LE(offset)
  )
    offsets.push(offset);
  return [...offsets, offset];
}

export function change(directory: string, name: string, edit: (bytes: Buffer) => void): void {
  const path = join(directory, name);
  const bytes = readFileSync(path);
  edit(bytes);
  writeFileSync(path, bytes);
}

/** A checkpoint as after an early kill: it bounds nothing, but shows that this engine has written here. */
export function forgetBound(directory: string): void {
  writeFileSync(join(directory, CHECKPOINT), Buffer.alloc(8192));
}

/** Everything that a command could have changed: names, contents, times of changes. */
export function stateOf(directory: string): Map<string, string> {
  const state = new Map<string, string>();
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs, ctimeMs, mode } = statSync(path, { throwIfNoEntry: false }) ?? {};
    const content = entry.isFile() ? readFileSync(path).toString('latin1') : '';
    state.set(path, `${mtimeMs} ${ctimeMs} ${mode} ${content}`);
  }
  return state;
}

type Damage = (directory: string, segment: string, offsets: readonly number[]) => void;

/** Damage to the newest segment, with its name and the offsets of its entries. */
export const TAIL_DAMAGES: readonly [name: string, damage: Damage][] = [
  [
    'half of the last entry is zero',
    (directory, segment, offsets) => {
      forgetBound(directory);
      const [start, end] = [offsets.at(-2) as number, offsets.at(-1) as number];
      change(directory, segment, (bytes) => bytes.fill(0, (start + end) >> 1));
    },
  ],
  [
    'only a length was written',
    (directory, segment, offsets) => {
      forgetBound(directory);
      change(directory, segment, (bytes) => bytes.writeUInt32LE(120, offsets.at(-1) as number));
    },
  ],
  [
    'a huge length was written',
    (directory, segment, offsets) => {
      forgetBound(directory);
      change(directory, segment, (bytes) => bytes.writeUInt32LE(0xffff_ffff, offsets.at(-1) as number));
    },
  ],
  [
    'garbage follows the end',
    (directory, segment, offsets) => {
      forgetBound(directory);
      const end = offsets.at(-1) as number;
      change(directory, segment, (bytes) => bytes.fill(0xab, end + 10, end + 50));
    },
  ],
  [
    'a hole before unacknowledged entries',
    (directory, segment, offsets) => {
      forgetBound(directory);
      change(directory, segment, (bytes) => bytes.fill(0, offsets[3], offsets[4]));
    },
  ],
  [
    'a flipped bit in an acknowledged entry',
    (directory, segment, offsets) =>
      change(directory, segment, (bytes) => {
        const at = (offsets[2] as number) + 40;
        bytes[at] = (bytes[at] as number) ^ 1;
      }),
  ],
  [
    'a zeroed page of acknowledged entries',
    (directory, segment, offsets) =>
      change(directory, segment, (bytes) =>
        bytes.fill(0, offsets[2] as number, (offsets[2] as number) + 1024),
      ),
  ],
  [
    'the rest is zero from an acknowledged entry on',
    (directory, segment, offsets) => change(directory, segment, (bytes) => bytes.fill(0, offsets[2])),
  ],
  [
    'a flipped bit in the first entry',
    (directory, segment) =>
      change(directory, segment, (bytes) => bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30)),
  ],
  [
    'an impossible length in the middle',
    (directory, segment, offsets) =>
      change(directory, segment, (bytes) => bytes.writeUInt32LE(3, offsets[4] as number)),
  ],
];

/** A closed journal with the damage of this index in {@link TAIL_DAMAGES}. */
export async function damagedBy(
  index: number,
): Promise<{ directory: string; segment: string; before: Buffer }> {
  const directory = await closedJournal();
  const segment = newestSegment(directory);
  TAIL_DAMAGES[index]?.[1](directory, segment, offsetsIn(directory, segment));
  return { directory, segment, before: readFileSync(join(directory, segment)) };
}
