import { join } from 'node:path';
import { EventSource } from '../harness/events.js';
import { closedLoop } from '../harness/loops.js';
import { loadContestant } from '../harness/project.js';
import type { Appender, Opening, Store } from './contestant.js';

interface Lmdb {
  put(key: number, value: string): Promise<boolean> & { flushed?: Promise<unknown> };
  get(key: number): string | undefined;
  getRange(options: object): Iterable<{ key: number; value: string }>;
  getKeys(options: object): Iterable<number>;
  readonly flushed: Promise<unknown>;
  close(): Promise<void>;
}

interface LmdbModule {
  open(options: object): Lmdb;
}

async function openDatabase(directory: string): Promise<Lmdb> {
  const { open } = await loadContestant<LmdbModule>('lmdb');
  return open({
    path: join(directory, 'events.lmdb'),
    encoding: 'string',
    // The promise of put() resolves when the entry is visible, its `flushed` when it is on the device.
    separateFlushed: true,
  });
}

export const LMDB = 'lmdb';

export const lmdbAppender: Opening<Appender> = {
  name: LMDB,
  async open(directory) {
    const database = await openDatabase(directory);
    const source = new EventSource();
    const append = async (): Promise<void> => {
      const event = source.plain();
      const written = database.put(event.sequence_num, JSON.stringify(event));
      await written;
      await (written.flushed ?? database.flushed);
    };
    return {
      name: LMDB,
      isFloor: false,
      supports: () => true,
      run: (inFlight, durationMs) => closedLoop(inFlight, durationMs, append),
      close: () => database.close(),
    };
  },
};

export const lmdbStore: Opening<Store> = {
  name: LMDB,
  async open(directory) {
    let current = await openDatabase(directory);
    const source = new EventSource();
    return {
      name: LMDB,
      async fill(entries) {
        while (source.next < entries) {
          let last: Promise<unknown> | undefined;
          for (let i = Math.min(20_000, entries - source.next); i > 0; i -= 1) {
            const event = source.plain();
            last = current.put(event.sequence_num, JSON.stringify(event));
          }
          await last;
        }
        await current.flushed;
      },
      async reopen() {
        // lmdb shares one environment per file and process, so it is closed before it is opened again.
        await current.close();
        current = await openDatabase(directory);
        for (const key of current.getKeys({ reverse: true, limit: 1 })) void key;
      },
      async readAll() {
        let count = 0;
        for (const { value } of current.getRange({ start: 0 })) {
          JSON.parse(value);
          count += 1;
        }
        return count;
      },
      async readOne(sequence) {
        for (const { value } of current.getRange({ start: sequence, limit: 1 })) return JSON.parse(value);
        return undefined;
      },
      close: () => current.close(),
    };
  },
};
