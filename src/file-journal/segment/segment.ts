/** One segment of a journal as its readers know it. */
import { join } from 'node:path';
import { IoError } from '../../journal/index.js';
import { archiveFileName } from '../format/archive-name.js';
import { openCompressedSource } from './compressed-source.js';
import { EntryCursor } from './entry-cursor.js';
import { isNotFound } from '../os/file-system.js';
import { loadIndex, removeIndex } from './index-file.js';
import type { MappingUse, SharedMapping } from './mapping-pool.js';
import type { SegmentDirectory } from './segment-directory.js';
import { SegmentFile } from './segment-file.js';
import { archivedName, segmentName } from '../format/segment-name.js';
import {
  BlockSource,
  GrowingSource,
  MappedSource,
  sourceOf,
  type ReaderName,
  type SegmentSource,
} from './segment-source.js';
import { SparseIndex, type IndexedPlace } from './sparse-index.js';

/** Where to start reading a segment. */
export interface FoundEntry {
  readonly offset: number;
  /** The sequence that must be there; null where the entries before it do not tell. */
  readonly expected: bigint | null;
}

/** Mapping less than this is not felt. */
const LARGE_BYTES = 16 * 1024 * 1024;
/** A large segment is mapped by whom reads on in it, and by everybody once so many have not. */
const MAX_UNMAPPED_READS = 8;

export class Segment {
  readonly index = new SparseIndex();
  /** Told when a sealed segment turns out to have no index, or a wrong one; set where there is a writer. */
  onIndexMissing: ((segment: Segment) => void) | null = null;
  /** Whether the index is as good as it gets: looked for beside the segment, or filled by its writer. */
  #indexed = false;
  /** Set while the segment is written. */
  #active: SegmentFile | null = null;
  /** Shared by its readers; may have been released since. */
  #mapping: SharedMapping | null = null;
  #unmappedReads = 0;
  #archived = false;
  /** Iterations that are going to read it, or do. */
  #readers = 0;
  /**
   * Open for these since it was archived: its file may be deleted before they come to it. Where they are dropped half-way, it
   * ends with this object.
   */
  #held: SegmentFile | MappingUse | null = null;

  constructor(
    private readonly directory: SegmentDirectory,
    /** From the file name; 0 for the first segment, whatever its first entry is. */
    readonly startSequence: bigint,
    /** What messages call it. */
    readonly name: string = segmentName(startSequence),
  ) {}

  /** One that was archived before, compressed or not. */
  static archived(directory: SegmentDirectory, startSequence: bigint): Segment {
    const name = archivedName(segmentName(startSequence));
    const segment = new Segment(directory, startSequence, name);
    segment.#archived = true;
    segment.#indexed = true; // what reading it finds is all there is
    return segment;
  }

  /** What its first entry must be; null for the first segment, where any is right. */
  get promisedFirst(): bigint | null {
    return this.startSequence === 0n ? null : this.startSequence;
  }

  get path(): string {
    const name = segmentName(this.startSequence);
    return join(this.directory.path, this.#archived ? archivedName(name) : name);
  }

  get isArchived(): boolean {
    return this.#archived;
  }

  /** It is going to be written; all entries that it has are in its index. */
  activate(file: SegmentFile): void {
    this.#active = file;
    this.#indexed = true;
  }

  /** The writer is done with it. */
  seal(): void {
    this.#active = null;
  }

  markArchived(): void {
    this.#archived = true;
    this.letGo();
    removeIndex(this.directory.files, this.directory.path, this.startSequence);
  }

  /** Its file may be deleted at any time: no mapping is kept for readers to come. */
  letGo(): void {
    this.#mapping?.retire();
  }

  /** An iteration is going to read it; `readerDone` follows, unless the iteration is dropped half-way. */
  expectReader(): void {
    this.#readers += 1;
  }

  readerDone(): void {
    this.#readers -= 1;
    if (this.#readers > 0) return;
    this.#held?.close();
    this.#held = null;
  }

  /**
   * Keeps the file open while iterations are going to read it: once archived, anybody may move or delete it. Costs a
   * mapping, or a descriptor; where that cannot be had, they look for the file when they come to it.
   */
  holdForReaders(reader: ReaderName): void {
    if (this.#readers === 0 || this.#held !== null) return;
    try {
      if (reader === 'positioned') {
        this.#held = this.#openByName();
        return;
      }
      this.#held = (this.#shared() ?? this.#mapped(this.#openByName()))?.use() ?? null;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
  }

  /** To be closed by the caller. @throws IoError (`JOURNAL_IO`), `ENOENT` where somebody has taken the file away */
  openSource(reader: ReaderName): SegmentSource {
    const shared = reader === 'mapped' ? (this.#shared() ?? this.#mapActive()) : null;
    if (shared !== null) return new MappedSource(shared.use());
    if (this.#held instanceof SegmentFile) return sourceOf(this.#held);
    const file = this.#openUnlessCompressed();
    if (!(file instanceof SegmentFile)) return file;
    return this.#sourceOf(file, reader);
  }

  #sourceOf(file: SegmentFile, reader: ReaderName): SegmentSource {
    const blocks = (): SegmentSource => new BlockSource(file, file.sizeBytes, file.path);
    if (reader === 'positioned' || file.sizeBytes === 0) return blocks();
    if (file.sizeBytes >= LARGE_BYTES && this.#unmappedReads < MAX_UNMAPPED_READS) {
      return new GrowingSource(
        file,
        () => this.#mappedSource(file),
        () => (this.#unmappedReads += 1),
      );
    }
    try {
      const mapped = this.#mappedSource(file);
      if (mapped === null) return blocks();
      file.close();
      return mapped;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #mappedSource(file: SegmentFile): MappedSource | null {
    const mapping = this.#map(file);
    return mapping === null ? null : new MappedSource(mapping.use());
  }

  /** Whether somebody has taken the file away, and nothing keeps it open. */
  isGone(reader: ReaderName): boolean {
    try {
      this.openSource(reader).close();
      return false;
    } catch (error) {
      return isNotFound(error); // what else is wrong with it is met when it is read
    }
  }

  #shared(): SharedMapping | null {
    return this.#mapping === null || this.#mapping.isReleased ? null : this.#mapping;
  }

  #mapActive(): SharedMapping | null {
    return this.#active === null || this.#active.sizeBytes === 0 ? null : this.#map(this.#active);
  }

  /** The whole file, which another reader may have mapped meanwhile. Null where there are too many mappings. */
  #map(file: SegmentFile): SharedMapping | null {
    const shared = this.#shared();
    if (shared !== null) return shared;
    this.#mapping = this.directory.mappings.map(file, !this.#archived);
    return this.#mapping;
  }

  /** The same; closes the file, the mapping stays. */
  #mapped(file: SegmentFile): SharedMapping | null {
    try {
      return file.sizeBytes === 0 ? null : this.#map(file);
    } finally {
      file.close();
    }
  }

  /** The sequence of its first entry; null when it is empty. A damaged first entry counts by the file name. */
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

  /**
   * Finds the first entry at or behind `sequence`, or whatever ends the search: the end of the data, or a length that
   * leads nowhere. Headers of entries before it are believed while they count on, else only with a good checksum.
   */
  findEntry(source: SegmentSource, sequence: bigint, endOffset: number): FoundEntry {
    const start = this.#startFor(source, sequence, endOffset);
    const cursor = new EntryCursor(source, start.offset, endOffset);
    let { expected } = start;
    // The first of the damaged entries whose place nothing tells so far: what follows must show that they lie before `sequence`.
    let unplaced: number | null = null;
    while (cursor.advance(false) === 'entry') {
      const found = cursor.sequenceNum;
      if (found === expected || cursor.isIntact) {
        if (found <= sequence) unplaced = null;
        if (found >= sequence) break;
        if (this.index.wants(cursor.offset) && cursor.isIntact) this.index.note(found, cursor.offset);
        expected = found + 1n;
      } else if (expected !== null) {
        if (expected >= sequence) break;
        expected += 1n;
      } else {
        unplaced ??= cursor.offset;
      }
    }
    return unplaced === null ? { offset: cursor.offset, expected } : { offset: unplaced, expected: null };
  }

  /** The last place before `sequence` that the index knows and the segment confirms, or the segment's beginning. */
  #startFor(source: SegmentSource, sequence: bigint, endOffset: number): FoundEntry {
    // The name of the first segment of a journal does not tell its first sequence.
    const beginning = { offset: 0, expected: this.promisedFirst };
    if (sequence <= this.startSequence) return beginning;
    if (!this.#indexed) this.#loadIndex(source);
    const place = this.index.floor(sequence);
    if (place === null) return beginning;
    // Written since the iteration began; or a stored index is of another content.
    if (place.offset >= endOffset && (this.#active !== null || holds(source, place, source.sizeBytes)))
      return { offset: place.offset, expected: null };
    if (place.sequence <= sequence && holds(source, place, endOffset))
      return { offset: place.offset, expected: place.sequence };
    if (this.#active === null) {
      this.index.clear();
      this.onIndexMissing?.(this);
    }
    return beginning;
  }

  #loadIndex(source: SegmentSource): void {
    this.#indexed = true;
    const { startSequence } = this;
    const { sizeBytes } = source;
    const stored = loadIndex(this.directory.files, this.directory.path, { startSequence, sizeBytes });
    // Another journal's may know none of the sequences here, and would never be put to the test.
    const first = stored?.first ?? null;
    if (stored !== null && first !== null && holds(source, first, sizeBytes)) this.index.replaceBy(stored);
    else this.onIndexMissing?.(this);
  }

  /** An archived segment may be left in a compressed form only. */
  #openUnlessCompressed(): SegmentFile | SegmentSource {
    try {
      return this.#openByName();
    } catch (error) {
      const compressed = isNotFound(error) ? this.#openCompressed() : null;
      if (compressed === null) throw error;
      return compressed;
    }
  }

  #openCompressed(): SegmentSource | null {
    for (const form of ['gzip', 'zstd'] as const) {
      const path = join(this.directory.path, archiveFileName(this.startSequence, form));
      try {
        return openCompressedSource(this.directory.openForReading(path), form);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return null;
  }

  /** Another process may archive a segment between listing and opening it. */
  #openByName(): SegmentFile {
    try {
      return this.directory.openForReading(this.path);
    } catch (error) {
      if (this.#archived || !isNotFound(error)) throw error;
      const file = this.directory.openForReading(
        join(this.directory.path, archiveFileName(this.startSequence, 'plain')),
      );
      this.#archived = true;
      return file;
    }
  }
}

/** Whether the entry that an index names lies where it says. */
function holds(source: SegmentSource, { sequence, offset }: IndexedPlace, endOffset: number): boolean {
  const cursor = new EntryCursor(source, offset, endOffset);
  return cursor.advance() === 'entry' && cursor.sequenceNum === sequence;
}
