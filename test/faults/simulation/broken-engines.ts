/** Engines that lack one protection each: wrappers between the real engine and the disk. */
import type { FileSystem } from '../../../src/file-journal/index.js';
import { IoError } from '../../../src/journal/index.js';
import { JOURNAL_DIRECTORY } from './simulated-disk.js';

type Between = (files: FileSystem) => FileSystem;

const SEGMENT = /\/segment-\d{20}\.journal$/;
const SEGMENT_OR_PREPARED = /\/(segment-\d{20}\.journal|next-segment\.prepared)$/;

/** Recovery cuts a torn write, and leaves the bytes after it. */
export const withoutZeroing: Between = (files) => ({
  ...files,
  write(fd, bytes, position, path) {
    if (SEGMENT.test(path) && bytes.length > 0 && bytes.every((byte) => byte === 0)) return;
    files.write(fd, bytes, position, path);
  },
});

/** Acknowledges entries that were written but not synced. */
export const withoutSync: Between = (files) => ({
  ...files,
  sync: (fd, path) => (SEGMENT.test(path) ? Promise.resolve() : files.sync(fd, path)),
});

/** Rotates while the old segment's last entries are still unsynced. */
export const withoutSyncOfOldSegment: Between = (files) => {
  let isNextReady = false;
  return {
    ...files,
    async sync(fd, path) {
      if (isNextReady && SEGMENT.test(path)) return;
      await files.sync(fd, path);
      if (path.endsWith('.prepared')) isNextReady = true;
    },
    rename(from, to) {
      files.rename(from, to);
      isNextReady = false;
    },
  };
};

/** Renames a new segment before its first entries are synced. */
export const withoutSyncOfNewSegment: Between = (files) => ({
  ...files,
  sync: (fd, path) => (path.endsWith('.prepared') ? Promise.resolve() : files.sync(fd, path)),
});

/** Does not make the name of a new segment durable. */
export const withoutDirectorySync: Between = (files) => ({
  ...files,
  syncDirectory: () => Promise.resolve(),
});

/** Creates the directories above the journal without making their names durable. */
export const withoutSyncOfParents: Between = (files) => ({
  ...files,
  syncDirectory: (fd, path) =>
    path === JOURNAL_DIRECTORY ? files.syncDirectory(fd, path) : Promise.resolve(),
});

/** Archives segments without making the name of one durable before the next is renamed. */
export const withoutSyncOfArchivedNames: Between = (files) => {
  let hasArchived = false;
  return {
    ...files,
    rename(from, to) {
      files.rename(from, to);
      hasArchived = to.endsWith('.archived');
    },
    syncDirectory: (fd, path) => (hasArchived ? Promise.resolve() : files.syncDirectory(fd, path)),
  };
};

/** Retries a failed sync instead of poisoning the journal. */
export const retryingSyncs: Between = (files) => ({
  ...files,
  async sync(fd, path) {
    try {
      await files.sync(fd, path);
    } catch (error) {
      if (!(error instanceof IoError) || error.osCode !== 'EIO') throw error;
      await files.sync(fd, path);
    }
  },
});

/** Trusts the page cache after a failed writeback. */
export const withoutEviction: Between = (files) => ({ ...files, evictCachedPages: () => undefined });

/** Treats everything that opening reads as durable, although the writer may have died before its sync. */
export const withoutSyncOnOpening: Between = (files) => ({ ...files, syncNow: () => undefined });

/** Never reads the checkpoint. */
export const withoutCheckpoint: Between = (files) => ({
  ...files,
  openFile(path, mode) {
    if (mode === 'read' && path.endsWith('journal.checkpoint')) throw new IoError('open', path, 'ENOENT');
    return files.openFile(path, mode);
  },
});

/** Writes the length before the rest of an entry. */
export const lengthFirst: Between = (files) => {
  let held: Parameters<FileSystem['write']> | null = null;
  return {
    ...files,
    write(fd, bytes, position, path) {
      if (!SEGMENT_OR_PREPARED.test(path)) return files.write(fd, bytes, position, path);
      if (held === null) {
        held = [fd, Buffer.from(bytes), position, path];
        return;
      }
      const body = held;
      held = null;
      files.write(fd, bytes, position, path);
      files.write(...body);
    },
  };
};

/** Recovery zeroes the bytes after a tear, but appends before these zeros are durable. */
export const withoutSyncOfZeros: Between = (files) => {
  let hasZeroed = false;
  let hasSkipped = false;
  return {
    ...files,
    write(fd, bytes, position, path) {
      const zeroes = SEGMENT.test(path) && bytes.length > 4 && bytes.every((byte) => byte === 0);
      // Zeros that are written ahead of small groups would hide the fault.
      if (zeroes && hasSkipped) return;
      if (SEGMENT.test(path)) hasZeroed = zeroes;
      files.write(fd, bytes, position, path);
    },
    sync(fd, path) {
      if (!hasZeroed || !SEGMENT.test(path)) return files.sync(fd, path);
      hasZeroed = false;
      hasSkipped = true;
      return Promise.resolve();
    },
  };
};
