/**
 * The time of the disk alone for the same bytes, which are encoded beforehand and written into allocated
 * space, without JSON, checksums or callers.
 */
import { closeSync, constants, fdatasync, fdatasyncSync, openSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { EventSource } from '../harness/events.js';
import { batchLoop } from '../harness/loops.js';
import type { Appender, Opening } from './contestant.js';

const FILE_BYTES = 256 * 1024 * 1024;
/** Bytes besides the payload: length, sequence, time, checksum. */
const FRAME_BYTES = 24;
const SAMPLE_ENTRIES = 8192;

export const FLOOR_BLOCKING = 'floor: blocking write + fdatasync';
export const FLOOR_THREAD_POOL = 'floor: thread pool, write + fdatasync';
export const FLOOR_THREAD_POOL_DSYNC = 'floor: thread pool, write O_DSYNC';

/** A file that is allocated in advance. When it is full, another one follows. */
class AllocatedFile {
  descriptor = -1;
  #offset = FILE_BYTES;
  #files = 0;

  constructor(
    private readonly directory: string,
    private readonly flags = 0,
  ) {}

  /** The place for the next `bytes`. */
  take(bytes: number): number {
    if (this.#offset + bytes > FILE_BYTES) {
      this.close();
      this.#files += 1;
      const path = join(this.directory, `floor-${this.#files}`);
      this.descriptor = openSync(path, constants.O_CREAT | constants.O_RDWR | this.flags);
      allocate(this.descriptor, FILE_BYTES);
      fdatasyncSync(this.descriptor);
      this.#offset = 0;
    }
    const offset = this.#offset;
    this.#offset += bytes;
    return offset;
  }

  close(): void {
    if (this.descriptor >= 0) closeSync(this.descriptor);
    this.descriptor = -1;
  }
}

/** `count` encoded entries, without copying them: a slice of a long run of entries. */
class EncodedEntries {
  readonly #bytes: Buffer;
  readonly #ends: number[] = [0];
  #at = 0;

  constructor() {
    const source = new EventSource();
    const entries = Array.from({ length: SAMPLE_ENTRIES }, () => {
      const entry = Buffer.from(`${' '.repeat(FRAME_BYTES)}${JSON.stringify(source.plain())}`);
      this.#ends.push((this.#ends.at(-1) ?? 0) + entry.length);
      return entry;
    });
    this.#bytes = Buffer.concat(entries);
  }

  take(count: number): Buffer {
    if (this.#at + count > SAMPLE_ENTRIES) this.#at = 0;
    const bytes = this.#bytes.subarray(this.#ends[this.#at], this.#ends[this.#at + count]);
    this.#at += count;
    return bytes;
  }
}

function floor(
  name: string,
  makeAppend: (file: AllocatedFile) => (bytes: Buffer) => Promise<void> | void,
  flags = 0,
): Opening<Appender> {
  return {
    name,
    async open(directory) {
      const file = new AllocatedFile(directory, flags);
      const entries = new EncodedEntries();
      const append = makeAppend(file);
      return {
        name,
        isFloor: true,
        supports: () => true,
        run: (inFlight, durationMs) =>
          batchLoop(inFlight, durationMs, (count) => append(entries.take(count))),
        close: async () => file.close(),
      };
    },
  };
}

export const FLOORS: readonly Opening<Appender>[] = [
  floor(FLOOR_BLOCKING, (file) => (bytes) => {
    const offset = file.take(bytes.length);
    writeSync(file.descriptor, bytes, 0, bytes.length, offset);
    fdatasyncSync(file.descriptor);
  }),
  floor(
    FLOOR_THREAD_POOL,
    (file) => (bytes) =>
      new Promise((resolve, reject) => {
        const offset = file.take(bytes.length);
        const { descriptor } = file;
        write(descriptor, bytes, 0, bytes.length, offset, (writeError) => {
          if (writeError !== null) reject(writeError);
          else fdatasync(descriptor, (syncError) => (syncError === null ? resolve() : reject(syncError)));
        });
      }),
  ),
  floor(
    FLOOR_THREAD_POOL_DSYNC,
    (file) => (bytes) =>
      new Promise((resolve, reject) => {
        const offset = file.take(bytes.length);
        write(file.descriptor, bytes, 0, bytes.length, offset, (error) =>
          error === null ? resolve() : reject(error),
        );
      }),
    constants.O_DSYNC,
  ),
];

let fallocate: ((descriptor: number, mode: number, offset: number, length: number) => number) | null = null;

/** Calls fallocate(2) as the journal does. */
function allocate(descriptor: number, bytes: number): void {
  fallocate ??= koffi.load('libc.so.6').func('int fallocate(int, int, int64_t, int64_t)');
  if (fallocate(descriptor, 0, 0, bytes) !== 0) throw new Error('fallocate failed');
}
