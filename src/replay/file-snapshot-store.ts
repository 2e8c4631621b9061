import { readFile, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { replaceFile, TEMPORARY_SUFFIX } from '../durable-files/index.js';
import { InvalidOptionError } from '../journal/index.js';
import { crc32 } from '../serialization/index.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot-format.js';
import { assertKeep } from './snapshot-policy.js';
import type { SaveSnapshotOptions, Snapshot, SnapshotStore } from './snapshot-store.interface.js';

/** Options of {@link FileSnapshotStore}. */
export interface FileSnapshotStoreOptions {
  /** Where the files lie; created when missing. */
  readonly directory: string;
  /** Intact snapshots kept per target, 1 … 1,000. Older ones are deleted after a newer one is safe. @default 2 */
  readonly keep?: number;
}

const DEFAULT_KEEP = 2;

/**
 * Snapshots as files `snapshot-{target}-{sequence, 20 digits}.snap`. A file appears under its name only when it is
 * complete and on the device: it is written to a temporary file of the same directory, synced, renamed, and the
 * directory synced. Each carries a checksum; loading passes over damaged files to older ones.
 *
 * One store per directory: the one writer of the journal owns its snapshots, too.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option
 * @publicApi
 */
export class FileSnapshotStore implements SnapshotStore {
  readonly directory: string;
  private readonly keep: number;
  private readonly logger = new Logger(FileSnapshotStore.name);
  /** The end of the line of saves: two at once would prune each other's files. */
  private saving: Promise<unknown> = Promise.resolve();

  constructor(options: FileSnapshotStoreOptions) {
    const { directory, keep = DEFAULT_KEEP } = options;
    if (typeof directory !== 'string' || directory === '') {
      throw new InvalidOptionError('snapshots.directory', directory, 'a non-empty path');
    }
    assertKeep('snapshots.keep', keep);
    this.directory = resolve(directory);
    this.keep = keep;
  }

  save(target: string, snapshot: Snapshot, { keep }: SaveSnapshotOptions = {}): Promise<void> {
    const saved = this.saving.then(() => this.saveNow(target, snapshot, keep ?? this.keep));
    this.saving = saved.catch(() => undefined);
    return saved;
  }

  async *load(target: string): AsyncGenerator<Snapshot, void, undefined> {
    for (const { path } of await this.filesOf(target)) {
      const snapshot = await this.readIntact(path);
      if (snapshot !== null) yield snapshot;
    }
  }

  private async saveNow(target: string, snapshot: Snapshot, keep: number): Promise<void> {
    await this.removeLeftovers();
    const path = join(this.directory, fileNameOf(target, snapshot.sequence));
    await replaceFile(path, encodeSnapshot(snapshot, crc32));
    await this.prune(target, snapshot.sequence, keep);
  }

  /**
   * Deletes what lies behind the newest `keep` intact snapshots up to `newest`, which was just written. Files beyond
   * it are of another history (a journal that was set back): they neither count nor go.
   */
  private async prune(target: string, newest: bigint, keep: number): Promise<void> {
    let intact = 0;
    for (const { path, sequence } of await this.filesOf(target)) {
      if (sequence > newest) continue;
      if (intact >= keep) await rm(path, { force: true });
      else if (sequence === newest || (await this.readIntact(path)) !== null) intact += 1;
    }
  }

  /** What a crash left between writing and renaming. */
  private async removeLeftovers(): Promise<void> {
    for (const name of await listDirectory(this.directory)) {
      if (name.startsWith('snapshot-') && name.endsWith(TEMPORARY_SUFFIX)) {
        await rm(join(this.directory, name), { force: true });
      }
    }
  }

  /** The snapshot files of a target, newest first. */
  private async filesOf(target: string): Promise<{ path: string; sequence: bigint }[]> {
    const files: { path: string; sequence: bigint }[] = [];
    for (const name of await listDirectory(this.directory)) {
      const sequence = sequenceOf(name, target);
      if (sequence !== null) files.push({ path: join(this.directory, name), sequence });
    }
    return files.sort((a, b) => (a.sequence < b.sequence ? 1 : a.sequence > b.sequence ? -1 : 0));
  }

  private async readIntact(path: string): Promise<Snapshot | null> {
    try {
      return decodeSnapshot(await readFile(path), path, crc32);
    } catch (error) {
      this.logger.warn(`${error instanceof Error ? error.message : String(error)}; trying an older one`);
      return null;
    }
  }
}

function fileNameOf(target: string, sequence: bigint): string {
  return `${prefixOf(target)}${sequence.toString().padStart(20, '0')}.snap`;
}

function prefixOf(target: string): string {
  return `snapshot-${encodeURIComponent(target)}-`;
}

function sequenceOf(fileName: string, target: string): bigint | null {
  const prefix = prefixOf(target);
  if (!fileName.startsWith(prefix)) return null;
  const digits = /^(\d{20})\.snap$/.exec(fileName.slice(prefix.length))?.[1];
  return digits === undefined ? null : BigInt(digits);
}

async function listDirectory(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
