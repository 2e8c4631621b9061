import { constants as bufferConstants } from 'node:buffer';
import { IoError } from '../../journal/index.js';
import { archivedName, segmentName } from '../format/segment-name.js';
import { isNotFound } from '../os/file-system.js';
import { EntryCursor, isEntryAt } from './entry-cursor.js';
import { loadIndex, removeIndex } from './index-file.js';
import type { MappingUse, SharedMapping } from './mapping-pool.js';
import type { SegmentDirectory } from './segment-directory.js';
import { SegmentFile } from './segment-file.js';
import { SegmentLocation } from './segment-location.js';
import {
  BlockSource,
  GrowingSource,
  MappedSource,
  sourceOf,
  type ReaderName,
  type SegmentSource,
} from './segment-source.js';
import { SparseIndex } from './sparse-index.js';

/** Mapping a smaller file costs next to nothing. */
const LARGE_BYTES = 16 * 1024 * 1024;
/** A large segment is mapped once a reader goes past its first blocks, or after this many short reads. */
const MAX_UNMAPPED_READS = 8;
/** No Buffer is larger, and koffi ends the process if asked for one. This engine writes no such file. */
const MAX_MAPPED_BYTES = Math.min(2 ** 32, bufferConstants.MAX_LENGTH);

/** One segment of a journal: its name, its index, and the sources that its readers open. */
export class Segment {
  readonly index = new SparseIndex();
  /** Called when a sealed segment turns out to have no index, or a wrong one; set if there is a writer. */
  onIndexMissing: ((segment: Segment) => void) | null = null;
  /** Whether the index is as complete as it gets: loaded from its file, or filled by the writer. */
  private isIndexLoaded = false;
  private readonly location: SegmentLocation;
  /** Set while the segment is written. */
  private active: SegmentFile | null = null;
  /** Shared by the readers; may already be released. */
  private mapping: SharedMapping | null = null;
  private unmappedReads = 0;
  /** Iterations that read it, or will. */
  private readers = 0;
  /**
   * Kept open for them since the segment was archived: its file may be deleted before they reach it. If they
   * are abandoned, it ends with this object.
   */
  private held: SegmentFile | MappingUse | null = null;

  constructor(
    private readonly directory: SegmentDirectory,
    /** From the file name; 0 for the first segment, whatever its first entry is. */
    readonly startSequence: bigint,
    /** The name in messages. */
    readonly name: string = segmentName(startSequence),
    isArchived = false,
  ) {
    this.location = new SegmentLocation(directory, startSequence, isArchived);
  }

  /** A segment that was archived before, compressed or not. It has no index file. */
  static archived(directory: SegmentDirectory, startSequence: bigint): Segment {
    const segment = new Segment(directory, startSequence, archivedName(segmentName(startSequence)), true);
    segment.isIndexLoaded = true;
    return segment;
  }

  /** The sequence that its first entry must have; null for the first segment, which may begin with any. */
  get promisedFirst(): bigint | null {
    return this.startSequence === 0n ? null : this.startSequence;
  }

  get path(): string {
    return this.location.path;
  }

  get isArchived(): boolean {
    return this.location.isArchived;
  }

  get isActive(): boolean {
    return this.active !== null;
  }

  /** Marks the segment as the one that is written; its index has all its entries. */
  activate(file: SegmentFile): void {
    this.active = file;
    this.isIndexLoaded = true;
  }

  /** Ends the writing of the segment. */
  seal(): void {
    this.active = null;
  }

  markArchived(): void {
    this.location.markArchived();
    this.retireMapping();
    removeIndex(this.directory.files, this.directory.path, this.startSequence);
  }

  /** Drops the mapping for later readers, because the file may be deleted at any time. */
  retireMapping(): void {
    this.mapping?.retire();
  }

  /** Announces an iteration that will read it; `readerDone` follows, unless the iteration is abandoned. */
  expectReader(): void {
    this.readers += 1;
  }

  readerDone(): void {
    this.readers -= 1;
    if (this.readers > 0) return;
    this.held?.close();
    this.held = null;
  }

  /**
   * Keeps the file open for the iterations that will read it: once archived, any process may move or delete
   * it. This takes a mapping, or a descriptor; without one, the iterations look for the file when they reach
   * it.
   */
  holdForReaders(reader: ReaderName): void {
    if (this.readers === 0 || this.held !== null) return;
    try {
      if (reader === 'positioned') {
        this.held = this.location.open();
        return;
      }
      this.held = (this.shared() ?? this.mapAndClose(this.location.open()))?.use() ?? null;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
  }

  /**
   * The caller closes the source.
   * @throws IoError (`JOURNAL_IO`), `ENOENT` if the file was moved away or deleted
   */
  openSource(reader: ReaderName): SegmentSource {
    const shared = reader === 'mapped' ? (this.shared() ?? this.mapActive()) : null;
    if (shared !== null) return new MappedSource(shared.use());
    if (this.held instanceof SegmentFile) return sourceOf(this.held);
    const file = this.location.openInAnyForm();
    return file instanceof SegmentFile ? this.sourceOf(file, reader) : file;
  }

  /** Size of its file, or of the compressed one if only that is left. @throws IoError (`JOURNAL_IO`) */
  sizeOnDisk(): number {
    return this.location.sizeOnDisk();
  }

  /** Whether the file was moved away or deleted, and nothing keeps it open. */
  isGone(reader: ReaderName): boolean {
    try {
      this.openSource(reader).close();
      return false;
    } catch (error) {
      return isNotFound(error); // reading reports any other fault
    }
  }

  /**
   * The sequence of its first entry; null if it is empty. A damaged first entry counts by the file name.
   */
  firstSequence(): bigint | null {
    const source = this.openSource('positioned');
    try {
      const cursor = new EntryCursor(source, 0);
      const step = cursor.advance();
      if (step === 'end') return null;
      return step === 'entry' ? cursor.sequenceNum : this.startSequence;
    } finally {
      source.close();
    }
  }

  /** The index, loaded from the file beside the segment on first use. @param source of this segment */
  loadedIndex(source: SegmentSource): SparseIndex {
    if (!this.isIndexLoaded) this.loadIndex(source);
    return this.index;
  }

  /** Drops the index, which does not match the entries of this sealed segment. */
  rejectIndex(): void {
    this.index.clear();
    this.onIndexMissing?.(this);
  }

  private loadIndex(source: SegmentSource): void {
    this.isIndexLoaded = true;
    const { startSequence } = this;
    const { sizeBytes } = source;
    const stored = loadIndex(this.directory.files, this.directory.path, { startSequence, sizeBytes });
    // The index of another journal may know none of the sequences here, and no lookup would ever test it.
    const first = stored?.first ?? null;
    if (stored !== null && first !== null && isEntryAt(source, first.sequence, first.offset, sizeBytes))
      this.index.replaceBy(stored);
    else this.onIndexMissing?.(this);
  }

  private sourceOf(file: SegmentFile, reader: ReaderName): SegmentSource {
    const blocks = (): SegmentSource => new BlockSource(file, file.sizeBytes, file.path);
    if (reader === 'positioned' || file.sizeBytes === 0) return blocks();
    if (file.sizeBytes >= LARGE_BYTES && this.unmappedReads < MAX_UNMAPPED_READS) {
      return new GrowingSource(
        file,
        () => this.mappedSource(file),
        () => (this.unmappedReads += 1),
      );
    }
    try {
      const mapped = this.mappedSource(file);
      if (mapped === null) return blocks();
      file.close();
      return mapped;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private mappedSource(file: SegmentFile): MappedSource | null {
    const mapping = this.map(file);
    return mapping === null ? null : new MappedSource(mapping.use());
  }

  private shared(): SharedMapping | null {
    return this.mapping === null || this.mapping.isReleased ? null : this.mapping;
  }

  private mapActive(): SharedMapping | null {
    return this.active === null || this.active.sizeBytes === 0 ? null : this.map(this.active);
  }

  /**
   * Maps the whole file, unless another reader has done so meanwhile. Returns null if there are too many
   * mappings, or if the file is too large for one.
   */
  private map(file: SegmentFile): SharedMapping | null {
    const shared = this.shared();
    if (shared !== null) return shared;
    if (file.sizeBytes > MAX_MAPPED_BYTES) return null;
    this.mapping = this.directory.mappings.map(file, !this.isArchived);
    return this.mapping;
  }

  /** The mapping outlives the file. */
  private mapAndClose(file: SegmentFile): SharedMapping | null {
    try {
      return file.sizeBytes === 0 ? null : this.map(file);
    } finally {
      file.close();
    }
  }
}
