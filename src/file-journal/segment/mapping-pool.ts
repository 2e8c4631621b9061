/**
 * The mappings that the readers of one journal share.
 *
 * Readers return views of blocks that they copied out of a mapping, never views of the mapping. So a mapping
 * can end after its last reader, when newer idle mappings replace it, or when the journal closes. A payload
 * that the application keeps stays valid, and keeps its block in memory, but no file.
 */
import { JournalClosedError } from '../../journal/index.js';
import { releaseMapping, type FileSystem } from '../os/file-system.js';

/** Idle mappings that are kept: a new one costs system calls, page faults, and garbage collection. */
const MAX_IDLE = 8;
/**
 * Far below `vm.max_map_count` (65,530), even with many journals in a process. Above, readers read blocks of
 * the file.
 */
const MAX_MAPPINGS = 256;

/** A file that can be mapped. */
export interface MappableFile {
  readonly path: string;
  /** @throws IoError (`JOURNAL_IO`) */
  map(): Buffer;
}

/** Closes the uses of abandoned readers. */
const abandoned = new FinalizationRegistry<() => void>((end) => end());

/** The mapping of one file. */
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

  endUse(): void {
    this.uses -= 1;
    if (this.uses > 0 || this.isReleased) return;
    if (this.isKept) this.pool.keepIdle(this);
    else this.release();
  }

  /**
   * Releases the mapping after its last use, because it keeps the disk space of a file that leaves the
   * journal.
   */
  retire(): void {
    this.isKept = false;
    if (this.isIdle) this.release();
  }

  /** Called by the pool, and when nothing uses the mapping. */
  release(): void {
    const memory = this.memory;
    if (memory === null) return;
    this.memory = null;
    this.pool.forget(this);
    releaseMapping(this.pool.files, memory, this.path);
  }
}

/** The use of a mapping by one reader. */
export class MappingUse {
  private isOpen = true;

  constructor(
    private readonly mapping: SharedMapping,
    /** The whole file. Reads as zeros once the mapping is released. */
    readonly memory: Buffer,
    readonly path: string,
  ) {
    abandoned.register(this, () => mapping.endUse(), this);
  }

  get isReleased(): boolean {
    return this.mapping.isReleased;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    abandoned.unregister(this);
    this.mapping.endUse();
  }
}

export class MappingPool {
  readonly #live = new Set<SharedMapping>();
  /** The longest idle one comes first. */
  readonly #idle = new Set<SharedMapping>();
  #isClosed = false;

  constructor(readonly files: FileSystem) {}

  /**
   * Maps a file that is not empty. The caller opens a use of the mapping.
   * @param isKept whether to keep the mapping for later readers while it is idle
   * @returns null if the limit of mappings is reached
   * @throws IoError (`JOURNAL_IO`)
   * @throws JournalClosedError (`JOURNAL_CLOSED`)
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
