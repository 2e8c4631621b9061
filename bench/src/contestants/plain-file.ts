/** Storage without a library: lines of JSON in a growing file, synced after every line or batch of lines. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { EventSource } from '../harness/events.js';
import { batchLoop } from '../harness/loops.js';
import type { Appender, Opening, Store } from './contestant.js';

function lines(source: EventSource, count: number): string {
  let text = '';
  for (let i = 0; i < count; i += 1) text += `${JSON.stringify(source.plain())}\n`;
  return text;
}

export const PLAIN_FILE = 'plain file';
export const PLAIN_FILE_ONE_BY_ONE = 'plain file, one by one';

export const plainFileAppender: Opening<Appender> = {
  name: PLAIN_FILE,
  async open(directory) {
    const file = await open(join(directory, 'events.jsonl'), 'a');
    const source = new EventSource();
    return {
      name: PLAIN_FILE,
      isFloor: false,
      supports: () => true,
      run: (inFlight, durationMs) =>
        batchLoop(inFlight, durationMs, async (count) => {
          await file.write(lines(source, count));
          await file.datasync();
        }),
      close: () => file.close(),
    };
  },
};

/** Each line has a write and a sync of its own, whatever the number of callers. */
export const plainFileOneByOne: Opening<Appender> = {
  name: PLAIN_FILE_ONE_BY_ONE,
  async open(directory) {
    const file = await open(join(directory, 'events.jsonl'), 'a');
    const source = new EventSource();
    return {
      name: PLAIN_FILE_ONE_BY_ONE,
      isFloor: false,
      // 1 in flight is the same as a batch of one. Beyond 64, only its own queue would grow.
      supports: (inFlight) => inFlight > 1 && inFlight <= 64,
      run: (inFlight, durationMs) =>
        batchLoop(inFlight, durationMs, async (count) => {
          for (let i = 0; i < count; i += 1) {
            await file.write(lines(source, 1));
            await file.datasync();
          }
        }),
      close: () => file.close(),
    };
  },
};

export const plainFileStore: Opening<Store> = {
  name: PLAIN_FILE,
  async open(directory) {
    const path = join(directory, 'events.jsonl');
    const source = new EventSource();
    const read = async (onLine: (line: string) => boolean): Promise<void> => {
      const input = createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 });
      let rest = '';
      for await (const chunk of input) {
        const text = rest + (chunk as string);
        let start = 0;
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
          if (!onLine(text.slice(start, end))) return;
          start = end + 1;
        }
        rest = text.slice(start);
      }
    };
    return {
      name: PLAIN_FILE,
      async fill(entries) {
        const file = await open(path, 'a');
        while (source.next < entries) await file.write(lines(source, Math.min(2_000, entries - source.next)));
        await file.close();
      },
      async reopen() {
        // Without an index, it searches for the last line from the end.
        const file = await open(path, 'r');
        const { size } = await file.stat();
        const length = Math.min(size, 64 * 1024);
        const { buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, size - length);
        JSON.parse(buffer.toString('utf8', buffer.lastIndexOf(10, length - 2) + 1));
        await file.close();
      },
      async readAll() {
        let count = 0;
        await read((line) => {
          JSON.parse(line);
          count += 1;
          return true;
        });
        return count;
      },
      async readOne(sequence) {
        let at = 0;
        let found: unknown;
        await read((line) => {
          if (at === sequence) found = JSON.parse(line);
          at += 1;
          return at <= sequence;
        });
        return found;
      },
      close: async () => undefined,
    };
  },
};
