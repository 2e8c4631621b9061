import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import {
  assertCallOptions,
  assertOptionNames,
  choiceOption,
  crc32,
  DurableDirectory,
  FILE_ACCESS,
  modesOf,
  pathOption,
  required,
  resolveOptionTable,
  TEMPORARY_SUFFIX,
  type FileAccess,
  type OptionNames,
  type OptionsOf,
  type RequiredOptionsOf,
} from '../common/index.js';
import { messageOf } from '../journal/index.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot-format.js';
import { KEEP_OPTION } from './snapshot-options.js';
import type { SaveSnapshotOptions, Snapshot, SnapshotStore } from './snapshot-store.interface.js';

const DEFAULT_KEEP = 2;

const OPTIONS = {
  /** Directory of the files; created if missing. */
  directory: required(pathOption()),
  /**
   * Number of usable snapshots to keep per target, 1 … 1,000. Older ones are deleted after a newer one is
   * durable.
   * @default 2
   */
  keep: { ...KEEP_OPTION, defaultValue: DEFAULT_KEEP },
  /** Read permission of new files: the owner, or the group as well. @default 'owner' */
  access: choiceOption<FileAccess>(FILE_ACCESS, 'owner'),
};
const SAVE_OPTIONS: OptionNames<SaveSnapshotOptions> = { keep: true, judge: true };

/**
 * Options of {@link FileSnapshotStore}.
 * @publicApi
 */
export interface FileSnapshotStoreOptions
  extends RequiredOptionsOf<typeof OPTIONS>, OptionsOf<typeof OPTIONS> {}

/**
 * Stores snapshots as files `snapshot-{target}-{sequence, 20 digits}.snap`. A file gets its final name only
 * after it is complete and durable. The store writes a temporary file in the same directory, syncs it,
 * renames it, and syncs the directory. Each file contains a checksum and the name of its target. Loading
 * skips damaged files with a warning and uses older ones.
 *
 * Use one store per directory: the writer of the journal also owns its snapshots.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option
 * @publicApi
 */
export class FileSnapshotStore implements SnapshotStore {
  /** The directory of the snapshots. */
  readonly directory: string;
  private readonly files: DurableDirectory;
  private readonly keep: number;
  private readonly logger = new Logger(FileSnapshotStore.name);
  /** The last save. Saves run one at a time, because two at once would delete each other's files. */
  private saving: Promise<unknown> = Promise.resolve();

  constructor(options: FileSnapshotStoreOptions) {
    assertOptionNames(options, Object.keys(OPTIONS), ' of FileSnapshotStore');
    const { directory, keep, access } = resolveOptionTable(OPTIONS, options, 'snapshots.');
    this.files = new DurableDirectory(directory, modesOf(access));
    this.directory = this.files.path;
    this.keep = keep;
  }

  async save(target: string, snapshot: Snapshot, options: SaveSnapshotOptions = {}): Promise<void> {
    assertCallOptions(options, SAVE_OPTIONS);
    const saved = this.saving.then(() => this.saveNow(target, snapshot, options));
    this.saving = saved.catch(() => undefined);
    return saved;
  }

  async *load(target: string): AsyncGenerator<Snapshot, void, undefined> {
    for (const { name } of await this.filesOf(target)) {
      const snapshot = await this.readIntact(name, target);
      if (snapshot !== null) yield snapshot;
    }
  }

  private async saveNow(target: string, snapshot: Snapshot, options: SaveSnapshotOptions): Promise<void> {
    await this.removeLeftovers();
    await this.files.replace(fileNameOf(target, snapshot.sequence), encodeSnapshot(target, snapshot, crc32));
    await this.prune(target, snapshot.sequence, options);
  }

  /**
   * Deletes all but the newest `keep` usable snapshots up to `newest`, which was just written. Files beyond
   * `newest` belong to another history (the journal was restored to an earlier state), and so do files that
   * `judge` calls foreign. The store keeps both, and they do not count.
   */
  private async prune(target: string, newest: bigint, options: SaveSnapshotOptions): Promise<void> {
    const { keep = this.keep, judge = () => 'usable' } = options;
    let usable = 0;
    for (const { name, sequence } of await this.filesOf(target)) {
      if (sequence > newest) continue;
      const snapshot = sequence === newest ? null : await this.readIntact(name, target);
      const verdict = sequence === newest ? 'usable' : snapshot === null ? 'damaged' : judge(snapshot);
      if (verdict === 'foreign') continue;
      if (usable >= keep) await this.files.remove(name);
      else if (verdict === 'usable') usable += 1;
    }
  }

  /** Removes files that a crash left between writing and renaming. */
  private async removeLeftovers(): Promise<void> {
    for (const { name, isFile } of await this.files.list()) {
      if (isFile && name.startsWith('snapshot-') && name.endsWith(TEMPORARY_SUFFIX)) {
        await this.files.remove(name);
      }
    }
  }

  /** The snapshot files of a target, newest first. */
  private async filesOf(target: string): Promise<{ name: string; sequence: bigint }[]> {
    const files: { name: string; sequence: bigint }[] = [];
    for (const { name, isFile } of await this.files.list()) {
      const sequence = sequenceOf(name, target);
      if (sequence === null) continue;
      if (isFile) files.push({ name, sequence });
      else
        this.logger.warn(
          `${join(this.directory, name)} is not an ordinary file and is ignored; move it away`,
        );
    }
    return files.sort((a, b) => (a.sequence < b.sequence ? 1 : a.sequence > b.sequence ? -1 : 0));
  }

  /** Null if the file is damaged, cannot be read, or is gone. */
  private async readIntact(name: string, target: string): Promise<Snapshot | null> {
    try {
      const content = await this.files.read(name);
      return content === null ? null : decodeSnapshot(content, join(this.directory, name), target, crc32);
    } catch (error) {
      this.logger.warn(`${messageOf(error)}; trying an older snapshot`);
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
