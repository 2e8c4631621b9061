import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot, SnapshotStore } from '../../src/replay/index.js';

/** Names of the snapshot files in a directory, oldest first. */
export function snapshotFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.snap'))
    .sort();
}

/** Flips one bit in the middle of a file. */
export function damage(directory: string, name: string): void {
  const path = join(directory, name);
  const bytes = readFileSync(path);
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  writeFileSync(path, bytes);
}

export async function sequencesIn(store: SnapshotStore, target: string): Promise<bigint[]> {
  const found: bigint[] = [];
  for await (const { sequence } of store.load(target)) found.push(sequence);
  return found;
}

export function snapshot(sequence: bigint, text = '{}'): Snapshot {
  return { sequence, entryCrc: 7, stateVersion: 1, payload: Buffer.from(text) };
}
