/** One segment of a journal as its readers know it. */
import { join } from 'node:path';
import { IoError } from '../journal/index.js';
import { EntryCursor } from './entry-cursor.js';
import type { FileSystem } from './file-system.js';
import { SegmentFile } from './segment-file.js';
import { archivedName, segmentName } from './segment-name.js';
import { MappedSource, PositionedSource, type ReaderName, type SegmentSource } from './segment-source.js';
import { SparseIndex } from './sparse-index.js';

/** Where to start reading a segment. */
export interface FoundEntry {
  readonly offset: number;
  /** The sequence that must be there; null where the entries before it do not tell. */
  readonly expected: bigint | null;
}

export class Segment {
  readonly name: string;
  readonly index = new SparseIndex();
  /** Set while the segment is written: its readers share the writer's mapping. */
  #active: SegmentFile | null = null;
  /** A sealed segment's mapping, while some reader keeps it alive. */
  #mapping: WeakRef<Buffer> | null = null;
  #archived = false;

  constructor(
    private readonly files: FileSystem,
    private readonly directory: string,
    /** From the file name; 0 for the first segment, whatever its first entry is. */
    readonly startSequence: bigint,
  ) {
    this.name = segmentName(startSequence);
  }

  /** What its first entry must be; null for the first segment, where any is right. */
  get promisedFirst(): bigint | null {
    return this.startSequence === 0n ? null : this.startSequence;
  }

  get path(): string {
    return join(this.directory, this.#archived ? archivedName(this.name) : this.name);
  }

  activate(file: SegmentFile): void {
    this.#active = file;
  }

  /** The writer is done with it. */
  seal(): void {
    this.#active = null;
  }

  markArchived(): void {
    this.#archived = true;
  }

  /** To be closed by the caller. @throws IoError (`JOURNAL_IO`), `ENOENT` where somebody has taken the file away */
  openSource(reader: ReaderName): SegmentSource {
    const shared = reader === 'mapped' ? (this.#active?.mapping() ?? this.#mapping?.deref()) : undefined;
    if (shared !== undefined) return new MappedSource(shared);
    const file = this.#openByName();
    if (reader === 'positioned' || file.sizeBytes === 0) return new PositionedSource(file, true);
    try {
      const mapping = file.mapping();
      this.#mapping = new WeakRef(mapping);
      return new MappedSource(mapping);
    } finally {
      file.close(); // the mapping stays
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
    const start = this.index.floor(sequence);
    const cursor = new EntryCursor(source, start, endOffset);
    // The name of the first segment of a journal does not tell its first sequence.
    let expected = start === 0 && this.startSequence > 0n ? this.startSequence : null;
    // The first of the damaged entries whose place nothing tells so far: what follows must show that they lie before `sequence`.
    let unplaced: number | null = null;
    while (cursor.advance(false) === 'entry') {
      const found = cursor.sequenceNum;
      if (found === expected || cursor.computedCrc === cursor.storedCrc) {
        if (found <= sequence) unplaced = null;
        if (found >= sequence) break;
        this.index.note(found, cursor.offset);
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

  /** Another process may archive a segment between listing and opening it. */
  #openByName(): SegmentFile {
    try {
      return SegmentFile.openForReading(this.files, this.path);
    } catch (error) {
      if (this.#archived || !(error instanceof IoError) || error.osCode !== 'ENOENT') throw error;
      const file = SegmentFile.openForReading(this.files, join(this.directory, archivedName(this.name)));
      this.#archived = true;
      return file;
    }
  }
}
