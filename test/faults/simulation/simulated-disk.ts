/** A disk in memory, behind the engine's file system interface. Its power can fail at any moment. */
import { basename, dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { FileSystem } from '../../../src/file-journal/index.js';
import { IoError } from '../../../src/journal/index.js';
import type { Random } from '../../support/random.js';
import { SimulatedDirectory, type NameOrder, type SimulatedNode } from './simulated-directory.js';
import { SimulatedFile, type Tearing } from './simulated-file.js';

/** The directory of a simulated journal. Its parent exists, the directory does not. */
export const JOURNAL_DIRECTORY = '/disk/journal';

export interface DiskTraits {
  /** Whether fallocate works; if not, the engine writes zeros. */
  readonly allocates: boolean;
  /** The largest number of event loop turns that a sync takes. */
  readonly maxSyncTurns: number;
}

const DEFAULT_TRAITS: DiskTraits = { allocates: true, maxSyncTurns: 2 };

interface OpenNode {
  readonly node: SimulatedNode;
  readonly path: string;
}

export class SimulatedDisk {
  readonly #root: SimulatedDirectory;
  #open = new Map<number, OpenNode>();
  #locked = new Map<SimulatedNode, number>();
  #nextFd = 3;
  /** Steps (changing calls, starts and ends of syncs) until the power fails; null for never. */
  #stepsLeft: number | null = null;
  #isOff = false;
  #syncsToFail = 0;
  #hasFailed = false;

  constructor(
    private readonly random: Random,
    private readonly traits: DiskTraits = DEFAULT_TRAITS,
    root?: SimulatedDirectory,
    /** The steps so far, for the message of a failed test. */
    readonly trace: string[] = [],
  ) {
    this.#root = root ?? freshRoot();
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  /** Whether a sync of this life has failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Cuts the power after `steps` more steps. */
  cutAfter(steps: number): void {
    this.#stepsLeft = steps;
  }

  /**
   * Called after every store, positioned or into a mapping, because another process may read at these
   * moments.
   */
  afterStore: () => void = () => undefined;

  failSyncs(count: number): void {
    this.#syncsToFail = count;
  }

  /** The disk after the power is restored. */
  afterPowerCut(tearing: Tearing, order: NameOrder, random: Random = this.random): SimulatedDisk {
    const survivors = new Map<SimulatedNode, SimulatedNode>();
    const survive = (node: SimulatedNode): SimulatedNode => {
      let survivor = survivors.get(node);
      if (survivor === undefined) {
        survivor =
          node instanceof SimulatedFile
            ? node.survivor(random, tearing)
            : node.survivor(random, order, survive);
        survivors.set(node, survivor);
      }
      return survivor;
    };
    this.trace.push(`-- power cut: ${tearing}, names ${order}`);
    return new SimulatedDisk(random, this.traits, survive(this.#root) as SimulatedDirectory, this.trace);
  }

  /** The disk after the process is killed: caches stay, and nothing more becomes durable. */
  afterKill(): SimulatedDisk {
    unmapAll(this.#root);
    this.#isOff = true;
    this.trace.push('-- killed');
    return new SimulatedDisk(this.random, this.traits, this.#root, this.trace);
  }

  /** Files of the journal directory by name, as reads show them. */
  journalFiles(): Map<string, SimulatedFile> {
    const directory = this.#find(JOURNAL_DIRECTORY);
    const files = new Map<string, SimulatedFile>();
    if (!(directory instanceof SimulatedDirectory)) return files;
    for (const [name, node] of directory.names) if (node instanceof SimulatedFile) files.set(name, node);
    return files;
  }

  /** Removes or adds a file, durably: a manual change between two lives. */
  replaceFile(name: string, content: Buffer | null): void {
    const directory = this.#directoryAt(JOURNAL_DIRECTORY);
    if (content === null) directory.unlink(name);
    else directory.link(name, SimulatedFile.withContent(content));
    directory.beginSync()();
  }

  /** For the `fileSystem` option. */
  readonly files: FileSystem = {
    openFile: (path, mode) => {
      this.#assertOn('open', path);
      const existing = this.#find(path);
      if (existing instanceof SimulatedDirectory) throw new IoError('open', path, 'EISDIR');
      if (existing !== undefined && mode !== 'create') return this.#opened(existing, path);
      if (mode !== 'create') throw new IoError('open', path, 'ENOENT');
      this.#step('create', path);
      const file = existing ?? new SimulatedFile();
      if (existing === undefined) this.#directoryAt(dirname(path)).link(basename(path), file);
      else file.resize(0);
      return this.#opened(file, path);
    },
    openDirectory: (path) => {
      this.#assertOn('open', path);
      return this.#opened(this.#directoryAt(path), path);
    },
    closeFile: (fd) => {
      const closed = this.#open.get(fd);
      this.#open.delete(fd);
      if (closed !== undefined && this.#locked.get(closed.node) === fd) this.#locked.delete(closed.node);
    },
    fileSize: (fd, path) => this.#file('fstat', fd, path).size,
    list: (path) => {
      this.#assertOn('readdir', path);
      const { names } = this.#directoryAt(path);
      return [...names].map(([name, node]) => ({ name, isFile: node instanceof SimulatedFile }));
    },
    makeDirectory: (path) => {
      this.#step('mkdir', path);
      if (this.#find(path) !== undefined) throw new IoError('mkdir', path, 'EEXIST');
      this.#directoryAt(dirname(path)).link(basename(path), new SimulatedDirectory());
    },
    rename: (from, to) => {
      this.#step('rename', `${from} -> ${basename(to)}`);
      const directory = this.#directoryAt(dirname(from));
      if (!directory.names.has(basename(from))) throw new IoError('rename', from, 'ENOENT');
      directory.rename(basename(from), basename(to));
    },
    unlink: (path) => {
      this.#assertOn('unlink', path);
      if (this.#find(path) === undefined) throw new IoError('unlink', path, 'ENOENT');
      this.#step('unlink', path);
      this.#directoryAt(dirname(path)).unlink(basename(path));
    },
    removeDirectory: (path) => {
      if (this.#directoryAt(path).names.size > 0) throw new IoError('rmdir', path, 'ENOTEMPTY');
      this.#step('rmdir', path);
      this.#directoryAt(dirname(path)).unlink(basename(path));
    },
    read: (fd, target, position, path) => {
      if (!this.#file('read', fd, path).read(target, position)) throw new IoError('read', path, 'EOF');
    },
    write: (fd, bytes, position, path) => {
      this.#step('write', `${path} ${position}+${bytes.length}`);
      this.#file('write', fd, path).store(bytes, position);
      this.afterStore();
    },
    writeInBackground: async (fd, bytes, position, path) => {
      this.#step('write', `${path} ${position}+${bytes.length}`);
      const file = this.#file('write', fd, path);
      // In two parts, because a large write is not more atomic than two small ones.
      const half = bytes.length >>> 1;
      file.store(bytes.subarray(0, half), position);
      await setImmediate();
      this.#step('written', path);
      file.store(bytes.subarray(half), position + half);
    },
    sync: async (fd, path) => {
      this.#step('sync', path);
      const sync = this.#file('sync', fd, path).beginSync();
      await this.#deviceTurns();
      this.#step('synced', path);
      this.#finish(sync, path);
    },
    syncNow: (fd, path) => {
      this.#step('sync', path);
      this.#finish(this.#file('sync', fd, path).beginSync(), path);
    },
    syncDirectory: async (fd, path) => {
      this.#step('sync directory', path);
      const complete = (this.#nodeOf('sync', fd, path) as SimulatedDirectory).beginSync();
      await this.#deviceTurns();
      this.#step('synced directory', path);
      complete();
    },
    tryLockExclusive: (fd, path) => {
      const node = this.#nodeOf('flock', fd, path);
      if (this.#locked.has(node)) return false;
      this.#locked.set(node, fd);
      return true;
    },
    allocate: (fd, offset, lengthBytes, path) => {
      if (!this.traits.allocates) return false;
      this.#step('allocate', path);
      const file = this.#file('allocate', fd, path);
      file.resize(Math.max(file.size, offset + lengthBytes));
      return true;
    },
    evictCachedPages: (fd, path) => this.#file('fadvise', fd, path).evict(),
    nextData: (fd, offset) => (offset < this.#file('lseek', fd, '').size ? offset : null),
    nextHole: () => null,
    map: (fd, _lengthBytes, writable, path) => {
      const file = this.#file('mmap', fd, path);
      if (!writable) return file.content;
      return file.map(
        () => !this.#isOff,
        () => this.afterStore(),
      );
    },
  };

  #finish(sync: ReturnType<SimulatedFile['beginSync']>, path: string): void {
    if (this.#syncsToFail === 0) return sync.complete();
    this.#syncsToFail -= 1;
    this.#hasFailed = true;
    this.trace.push(`-- the sync fails: ${path}`);
    sync.fail(this.random);
    throw new IoError('fdatasync', path, 'EIO');
  }

  async #deviceTurns(): Promise<void> {
    for (let turns = this.random.integer(0, this.traits.maxSyncTurns); turns > 0; turns -= 1)
      await setImmediate();
  }

  #step(operation: string, what: string): void {
    this.#assertOn(operation, what);
    if (this.#stepsLeft !== null) {
      if (this.#stepsLeft <= 0) {
        this.#isOff = true;
        this.trace.push(`-- power cut before ${operation} ${what}`);
      }
      this.#stepsLeft -= 1;
    }
    this.#assertOn(operation, what);
    this.trace.push(`${operation} ${what}`);
  }

  #assertOn(operation: string, path: string): void {
    if (this.#isOff) throw new IoError(operation, path, 'EIO', { hint: 'the power is off' });
  }

  #opened(node: SimulatedNode, path: string): number {
    const fd = this.#nextFd;
    this.#nextFd += 1;
    this.#open.set(fd, { node, path });
    return fd;
  }

  #nodeOf(operation: string, fd: number, path: string): SimulatedNode {
    this.#assertOn(operation, path);
    const open = this.#open.get(fd);
    if (open === undefined) throw new IoError(operation, path, 'EBADF');
    return open.node;
  }

  #file(operation: string, fd: number, path: string): SimulatedFile {
    return this.#nodeOf(operation, fd, path) as SimulatedFile;
  }

  #find(path: string): SimulatedNode | undefined {
    let node: SimulatedNode | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (!(node instanceof SimulatedDirectory)) return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  #directoryAt(path: string): SimulatedDirectory {
    const node = this.#find(path);
    if (node === undefined) throw new IoError('open', path, 'ENOENT');
    if (!(node instanceof SimulatedDirectory)) throw new IoError('open', path, 'ENOTDIR');
    return node;
  }
}

function unmapAll(directory: SimulatedDirectory): void {
  for (const node of directory.names.values()) {
    if (node instanceof SimulatedFile) node.unmap();
    else unmapAll(node);
  }
}

function freshRoot(): SimulatedDirectory {
  const root = new SimulatedDirectory();
  root.link(dirname(JOURNAL_DIRECTORY).slice(1), new SimulatedDirectory());
  root.beginSync()();
  return root;
}
