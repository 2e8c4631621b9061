import { asBuffer } from '../../common/index.js';
import type { JournalEntry } from '../../journal/index.js';
import type { Output } from '../output.js';
import { DecodedPayload } from './decoded-payload.js';
import { describeEntry } from './describe-entry.js';
import type { EntryFormat } from './filter-options.js';

/** One write to the output has about this many bytes. */
const CHUNK_BYTES = 64 * 1024;

/** Writes entries to the output, many at a time. */
export interface EntryWriter {
  /**
   * Adds an entry to what `flush` will write.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) for a payload that is not a JSON object
   */
  add(entry: JournalEntry): void;
  /** Whether the pending entries suffice for a write. */
  readonly isFull: boolean;
  /** Writes what was added. */
  flush(): Promise<void>;
}

/** The sink of the bytes: standard output or a file. The caller may reuse them once it resolves. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

export function createEntryWriter(output: Output, format: EntryFormat): EntryWriter {
  const sink: Sink = (bytes) => output.write(bytes);
  return format === 'jsonl' || output.isJson
    ? new JsonLinesWriter(sink)
    : new PrettyWriter(sink, (entry) => describeEntry(entry, output.colors));
}

/** Writes each payload as it is stored, on one line. */
export class JsonLinesWriter implements EntryWriter {
  private chunk: Buffer = newChunk();
  private length = 0;
  /** What the next `flush` writes: full chunks, and payloads larger than a chunk. */
  private readonly ready: { readonly bytes: Buffer; readonly chunk: Buffer | null }[] = [];
  /** Chunks that were written. A new one would cost more than filling it. */
  private readonly free: Buffer[] = [];

  constructor(private readonly sink: Sink) {}

  get isFull(): boolean {
    return this.ready.length > 0;
  }

  add(entry: JournalEntry): void {
    let payload = asBuffer(entry.payload);
    if (!isLine(payload)) payload = asLine(entry);
    const bytes = payload.length;
    if (this.length + bytes >= CHUNK_BYTES) {
      this.closeChunk();
      if (bytes >= CHUNK_BYTES) {
        this.ready.push({ bytes: payload, chunk: null }, { bytes: NEWLINE_BYTES, chunk: null });
        return;
      }
    }
    const { chunk, length } = this;
    payload.copy(chunk, length);
    chunk[length + bytes] = NEWLINE;
    this.length = length + bytes + 1;
  }

  async flush(): Promise<void> {
    this.closeChunk();
    for (const { bytes, chunk } of this.ready.splice(0)) {
      await this.sink(bytes);
      if (chunk !== null) this.free.push(chunk);
    }
  }

  private closeChunk(): void {
    if (this.length === 0) return;
    this.ready.push({ bytes: this.chunk.subarray(0, this.length), chunk: this.chunk });
    this.chunk = this.free.pop() ?? newChunk();
    this.length = 0;
  }
}

function newChunk(): Buffer {
  return Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

/** Writes each entry as human-readable text. */
class PrettyWriter implements EntryWriter {
  private text = '';

  constructor(
    private readonly sink: Sink,
    private readonly describe: (entry: JournalEntry) => string,
  ) {}

  get isFull(): boolean {
    return this.text.length >= CHUNK_BYTES;
  }

  add(entry: JournalEntry): void {
    this.text += `${this.describe(entry)}\n\n`;
  }

  async flush(): Promise<void> {
    if (this.text === '') return;
    const bytes = Buffer.from(this.text);
    this.text = '';
    await this.sink(bytes);
  }
}

const NEWLINE = 0x0a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const SPACE = 0x20;
const NEWLINE_BYTES = Buffer.from([NEWLINE]);

/** Whether a payload is one line that begins and ends as an object. */
function isLine(payload: Buffer): boolean {
  return payload[0] === OPEN && payload[payload.length - 1] === CLOSE && payload.indexOf(NEWLINE) < 0;
}

/**
 * The payload of another writer on one line. In JSON, a line break is either between two tokens, where a
 * space means the same, or a mistake.
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
 */
function asLine(entry: JournalEntry): Buffer {
  // Reading it checks that it is an object.
  void new DecodedPayload(entry).record;
  return Buffer.from(entry.payload.map((byte) => (byte === NEWLINE ? SPACE : byte)));
}
