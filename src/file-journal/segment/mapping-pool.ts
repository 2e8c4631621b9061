/**
 * The mappings that the readers of one journal share.
 *
 * Readers look at a mapping, and hand out views of blocks that they copied out of it. So a mapping ends when its last reader
 * is done, or when others push it out of the few that are kept for the next reader, and at the latest when the journal
 * closes. What an application keeps stays valid, and pins the block it lies in, never a file.
 */
import { JournalClosedError } from '../../journal/index.js';
import { releaseMapping, type FileSystem } from '../os/file-system.js';

/** Idle mappings that are kept: making one costs system calls, page faults, and work of V8's collector. */
const MAX_IDLE = 8;
/** Far below `vm.max_map_count` (65,530), also with many journals in a process. Further readers read blocks of the file. */
const MAX_MAPPINGS = 256;

/** A file that can be mapped. */
export interface MappableFile {
  readonly path: string;
  /** @throws IoError (`JOURNAL_IO`) */
  map(): Buffer;
}

/** Ends the uses of readers that were dropped half-way. */
const abandoned = new FinalizationRegistry<() => void>((end) => end());

/** One file's mapping. */
export class SharedMapping {
  private memory: Buffer | null;
  private uses = 0;

  constructor(
    memory: Buffer,
    private readonly path: string,
    private readonly pool: MappingPool,
    private isKept: boolean,
  ) {
    this.memory = memory;
  }

  get isReleased(): boolean {
    return this.memory === null;
  }

  get isIdle(): boolean {
    return this.uses === 0;
  }

  /** Keeps the mapping until the returned use is closed, or the journal is. @throws JournalClosedError */
  use(): MappingUse {
    if (this.memory === null) throw new JournalClosedError();
    this.uses += 1;
    return new MappingUse(this, this.memory, this.path);
  }

  letGo(): void {
    this.uses -= 1;
    if (this.uses > 0 || this.isReleased) return;
    if (this.isKept) this.pool.keepIdle(this);
    else this.release();
  }

  /** The file is leaving the journal: without a user the mapping goes at once, or it would hold the file's disk space. */
  retire(): void {
    this.isKept = false;
    if (this.isIdle) this.release();
  }

  /** Called by the pool, and where nothing uses the mapping. */
  release(): void {
    const memory = this.memory;
    if (memory === null) return;
    this.memory = null;
    this.pool.forget(this);
    releaseMapping(this.pool.files, memory, this.path);
  }
}

/** What one reader holds of a mapping. */
export class MappingUse {
  private isOpen = true;

  constructor(
    private readonly mapping: SharedMapping,
    /** The whole file. Reads as zeros once the mapping is released. */
    readonly memory: Buffer,
    readonly path: string,
  ) {
    abandoned.register(this, () => mapping.letGo(), this);
  }

  get isReleased(): boolean {
    return this.mapping.isReleased;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    abandoned.unregister(this);
    this.mapping.letGo();
  }
}

export class MappingPool {
  readonly #live = new Set<SharedMapping>();
  /** The longest idle first. */
  readonly #idle = new Set<SharedMapping>();
  #isClosed = false;

  constructor(readonly files: FileSystem) {}

  /**
   * Maps a file, which is not empty. The caller takes a use of the mapping.
   * @param isKept whether readers to come may find the mapping when it is idle
   * @returns null where there are as many mappings as there may be
   * @throws IoError (`JOURNAL_IO`), JournalClosedError (`JOURNAL_CLOSED`)
   */
  map(file: MappableFile, isKept: boolean): SharedMapping | null {
    if (this.#isClosed) throw new JournalClosedError();
    if (this.#live.size >= MAX_MAPPINGS) this.#releaseIdle(0);
    if (this.#live.size >= MAX_MAPPINGS) return null;
    const mapping = new SharedMapping(file.map(), file.path, this, isKept);
    this.#live.add(mapping);
    return mapping;
  }

  keepIdle(mapping: SharedMapping): void {
    this.#idle.delete(mapping);
    this.#idle.add(mapping);
    this.#releaseIdle(MAX_IDLE);
  }

  forget(mapping: SharedMapping): void {
    this.#live.delete(mapping);
    this.#idle.delete(mapping);
  }

  /** Releases all mappings; a reader that still uses one gets a JournalClosedError. */
  close(): void {
    this.#isClosed = true;
    for (const mapping of this.#live) mapping.release();
  }

  #releaseIdle(kept: number): void {
    for (const mapping of this.#idle) {
      if (!mapping.isIdle) this.#idle.delete(mapping);
      else if (this.#idle.size > kept) mapping.release();
    }
  }
}
