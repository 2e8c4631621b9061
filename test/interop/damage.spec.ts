import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { randomEvents } from './events.js';
import { describeEngines } from './rust-engine.js';
import type { RustEngine } from './rust-engine.js';

const SEGMENT_SIZE = 16 * 1024;
const EVENTS = 120;

interface Entry {
  readonly offset: number;
  readonly end: number;
}

/** The segment files of a directory, oldest first. */
function segments(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^segment-\d+\.journal$/.test(name))
    .sort()
    .map((name) => join(directory, name));
}

function entriesOf(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let offset = 0; offset + 4 <= bytes.length;) {
    const length = bytes.readUInt32LE(offset);
    if (length === 0) break;
    const end = offset + 4 + length;
    entries.push({ offset, end });
    offset = end;
  }
  return entries;
}

/**
 * Damage to the last entry of the newest segment, or with `flip` to one in the middle of the second segment.
 */
const DAMAGE = {
  'torn tail': (directory: string) => {
    const file = newestUsed(directory);
    const bytes = readFileSync(file);
    const { offset, end } = entriesOf(bytes).at(-1) as Entry;
    bytes.fill(0, offset + Math.floor((end - offset) / 2), end);
    writeFileSync(file, bytes);
  },
  'torn length': (directory: string) => {
    const file = newestUsed(directory);
    const bytes = readFileSync(file);
    const { offset, end } = entriesOf(bytes).at(-1) as Entry;
    bytes.fill(0, offset + 4, end);
    writeFileSync(file, bytes);
  },
  flip: (directory: string) => {
    const file = segments(directory)[1] as string;
    const bytes = readFileSync(file);
    const { offset } = entriesOf(bytes)[2] as Entry;
    bytes[offset + 60] = (bytes[offset + 60] as number) ^ 1;
    writeFileSync(file, bytes);
  },
};

function newestUsed(directory: string): string {
  const used = segments(directory).filter((file) => entriesOf(readFileSync(file)).length > 0);
  return used.at(-1) as string;
}

/** The sequence of the entry that `flip` damages. */
function flippedSequence(directory: string): number {
  return entriesOf(readFileSync(segments(directory)[0] as string)).length + 2;
}

function payloadsFor(engine: RustEngine): string[] {
  const codec = orderBookCodec<unknown>({ engine: engine.version });
  return randomEvents(engine, 60, EVENTS).map((event) => Buffer.from(codec.encode(event)).toString());
}

async function readHere(directory: string): Promise<string[]> {
  await using journal = await FileJournal.openReadOnly({ directory, codec: orderBookCodec<unknown>() });
  return Array.from(journal.readFrom(0n, { onCorrupt: 'skip' }), ({ payload }) =>
    Buffer.from(payload).toString(),
  );
}

describeEngines('damage to a journal of Rust', (engine) => {
  test.each(['torn tail', 'torn length'] as const)(
    '%s: recovery cuts it, and both continue the journal',
    async (kind) => {
      const directory = temporaryDirectory('interop-');
      const payloads = payloadsFor(engine);
      engine.append(directory, payloads, SEGMENT_SIZE);
      DAMAGE[kind](directory);
      const codec = orderBookCodec<unknown>({ engine: engine.version });
      expect(await readHere(directory)).toEqual(payloads.slice(0, -1));
      {
        await using journal = await FileJournal.open({ directory, codec, segmentSizeBytes: SEGMENT_SIZE });
        expect(journal.recovery.outcome).toBe('torn-tail');
        expect(journal.lastSequence).toBe(BigInt(EVENTS - 2));
        await journal.append(randomEvents(engine, 61, 1, BigInt(EVENTS - 1))[0] as never);
      }
      const more = randomEvents(engine, 62, 5, BigInt(EVENTS)).map((event) =>
        Buffer.from(codec.encode(event)).toString(),
      );
      engine.append(directory, more, SEGMENT_SIZE);
      const { entries, errors, verify } = engine.read(directory);
      expect([errors, verify, entries.length]).toEqual([[], 'ok', EVENTS + 5]);
      expect(await readHere(directory)).toEqual(entries.map(({ json }) => json));
    },
  );

  test('both report a flipped bit in an older segment for that entry', async () => {
    const directory = temporaryDirectory('interop-');
    const payloads = payloadsFor(engine);
    engine.append(directory, payloads, SEGMENT_SIZE);
    const damaged = flippedSequence(directory);
    DAMAGE.flip(directory);
    await using journal = await FileJournal.open({
      directory,
      codec: orderBookCodec<unknown>(),
      segmentSizeBytes: SEGMENT_SIZE,
    });
    const { ok, errors } = await journal.verifyIntegrity();
    expect([ok, errors.map(({ sequence }) => sequence)]).toEqual([false, [BigInt(damaged)]]);
    const expected = payloads.filter((_, index) => index !== damaged);
    expect(await readHere(directory)).toEqual(expected);
    expect(engine.read(directory).verify).toContain('CorruptEntry');
  });
});

describeEngines('damage to a journal of this package', (engine) => {
  async function written(directory: string): Promise<string[]> {
    const codec = orderBookCodec<unknown>({ engine: engine.version });
    const events = randomEvents(engine, 60, EVENTS);
    await using journal = await FileJournal.open({ directory, codec, segmentSizeBytes: SEGMENT_SIZE });
    await Promise.all(events.map((event) => journal.append(event)));
    return events.map((event) => Buffer.from(codec.encode(event)).toString());
  }

  test.each(['torn tail', 'torn length'] as const)(
    '%s: Rust reads only entries that were written',
    async (kind) => {
      const directory = temporaryDirectory('interop-');
      const payloads = await written(directory);
      DAMAGE[kind](directory);
      const { entries } = engine.read(directory);
      expect(entries.map(({ json }) => json)).toEqual(payloads.slice(0, -1));
    },
  );

  test('Rust reports a flipped bit, and reads no entry as another', async () => {
    const directory = temporaryDirectory('interop-');
    const payloads = await written(directory);
    const damaged = flippedSequence(directory);
    DAMAGE.flip(directory);
    const { entries, errors, verify } = engine.read(directory);
    expect(errors.length).toBeGreaterThan(0);
    expect(verify).toContain('CorruptEntry');
    const allowed = new Set(payloads.filter((_, index) => index !== damaged));
    expect(entries.filter(({ json }) => !allowed.has(json))).toEqual([]);
  });
});
