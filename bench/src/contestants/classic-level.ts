import { join } from 'node:path';
import { EventSource } from '../harness/events.js';
import { batchLoop } from '../harness/loops.js';
import { loadContestant } from '../harness/project.js';
import type { Appender, Opening, Store } from './contestant.js';

interface Put {
  readonly type: 'put';
  readonly key: string;
  readonly value: string;
}

interface ValueIterator {
  nextv(size: number): Promise<string[]>;
  close(): Promise<void>;
}

interface Level {
  open(): Promise<void>;
  put(key: string, value: string, options: { sync: boolean }): Promise<void>;
  batch(operations: readonly Put[], options: { sync: boolean }): Promise<void>;
  values(options: object): ValueIterator;
  keys(options: object): ValueIterator;
  close(): Promise<void>;
}

interface LevelModule {
  ClassicLevel: new (location: string, options: object) => Level;
}

async function openDatabase(directory: string): Promise<Level> {
  const { ClassicLevel } = await loadContestant<LevelModule>('classic-level');
  const database = new ClassicLevel(join(directory, 'events.level'), {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
  await database.open();
  return database;
}

/** In sequence order. */
function keyOf(sequence: number): string {
  return String(sequence).padStart(16, '0');
}

function puts(source: EventSource, count: number): Put[] {
  return Array.from({ length: count }, () => {
    const event = source.plain();
    return { type: 'put', key: keyOf(event.sequence_num), value: JSON.stringify(event) };
  });
}

export const LEVEL = 'classic-level';

export const levelAppender: Opening<Appender> = {
  name: LEVEL,
  async open(directory) {
    const database = await openDatabase(directory);
    const source = new EventSource();
    const appendBatch = (count: number): Promise<void> => {
      if (count > 1) return database.batch(puts(source, count), { sync: true });
      const event = source.plain();
      return database.put(keyOf(event.sequence_num), JSON.stringify(event), { sync: true });
    };
    return {
      name: LEVEL,
      isFloor: false,
      supports: () => true,
      run: (inFlight, durationMs) => batchLoop(inFlight, durationMs, appendBatch),
      close: () => database.close(),
    };
  },
};

export const levelStore: Opening<Store> = {
  name: LEVEL,
  async open(directory) {
    let database = await openDatabase(directory);
    const source = new EventSource();
    return {
      name: LEVEL,
      async fill(entries) {
        while (source.next < entries) {
          await database.batch(puts(source, Math.min(2_000, entries - source.next)), { sync: false });
        }
      },
      async reopen() {
        await database.close();
        database = await openDatabase(directory);
        const last = database.keys({ reverse: true, limit: 1 });
        await last.nextv(1);
        await last.close();
      },
      async readAll() {
        let count = 0;
        const values = database.values({});
        for (;;) {
          const some = await values.nextv(1_000);
          if (some.length === 0) break;
          for (const text of some) JSON.parse(text);
          count += some.length;
        }
        await values.close();
        return count;
      },
      async readOne(sequence) {
        const values = database.values({ gte: keyOf(sequence), limit: 1 });
        const [text] = await values.nextv(1);
        await values.close();
        return text === undefined ? undefined : JSON.parse(text);
      },
      close: () => database.close(),
    };
  },
};
