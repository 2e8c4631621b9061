import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal, type FileJournalOptions } from '../../src/file-journal/index.js';
import { IoError, SequencerEvent, type PayloadCodec } from '../../src/journal/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { WRITER_VARIANTS } from '../support/engines.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns } from '../support/until.js';

const FIRST = 'segment-00000000000000000000.journal';
const SIZE = 4 * 1024 * 1024;
const SEGMENT = /segment-\d/;
const PLAIN = plainCodec();

/** A codec without `encodeInto`: each payload has an array of its own. */
function plainCodec(): PayloadCodec {
  const { encode, decode } = jsonCodec();
  return { encode, decode };
}

/** A minimal `encodeInto`, which calls `before` when some bytes are in the target already. */
function inPlaceCodec(before: (event: SequencerEvent) => void = () => undefined): PayloadCodec {
  return {
    ...PLAIN,
    encodeInto(one, target, offset) {
      const bytes = PLAIN.encode(one);
      const half = bytes.length >>> 1;
      if (target.length - offset < bytes.length) {
        target.fill(0xee, offset); // as the contract allows
        return -1;
      }
      target.set(bytes.subarray(0, half), offset);
      before(one);
      target.set(bytes.subarray(half), offset + half);
      return bytes.length;
    },
  };
}

async function open(
  options: Partial<FileJournalOptions> = {},
): Promise<{ journal: FileJournal; directory: string }> {
  const directory = temporaryDirectory();
  const journal = await FileJournal.open({ directory, segmentSizeBytes: SIZE, ...options });
  return { journal, directory };
}

function bytesOf(directory: string): Buffer {
  return readFileSync(join(directory, FIRST));
}

describe.each(WRITER_VARIANTS)('the bytes on disk, $name', ({ options }) => {
  it('are the same with and without encodeInto, for all sizes and groupings of appends', async () => {
    const paddings = [0, 10, 3_000, 4_060, 4_200, 60_000, 70_000, 300_000, 1, 2, 5_000, 0, 131_072, 7];
    const written = paddings.map((padding, sequence) => event(sequence, padding));
    const plain = await open({ ...options, codec: PLAIN });
    for (const one of written) await plain.journal.append(one);
    await plain.journal.close();
    const inPlace = await open({ ...options, codec: inPlaceCodec() });
    await Promise.all(written.slice(0, 6).map((one) => inPlace.journal.append(one)));
    await inPlace.journal.appendBatch(written.slice(6, 9));
    await Promise.all(written.slice(9).map((one) => inPlace.journal.append(one)));
    await inPlace.journal.close();
    expect(bytesOf(inPlace.directory).equals(bytesOf(plain.directory))).toBe(true);
    await using again = await FileJournal.open({ directory: inPlace.directory, segmentSizeBytes: SIZE });
    expect(again.recovery).toMatchObject({ outcome: 'clean', lastSequence: 13n });
    expect((await again.verifyIntegrity()).ok).toBe(true);
  });
});

describe('encodeInto', () => {
  it('that throws or returns an impossible length stages nothing', async () => {
    let answer: number | Error = 0;
    const codec: PayloadCodec = {
      ...PLAIN,
      encodeInto(one, target, offset) {
        target.fill(0xee, offset);
        if (answer instanceof Error) throw answer;
        return answer === 0 ? Buffer.from(PLAIN.encode(one)).copy(target, offset) : answer;
      },
    };
    const { journal, directory } = await open({ codec });
    const first = journal.append(event(0));
    answer = new Error('no');
    const refused = journal.append(event(1));
    await expect(refused).rejects.toMatchObject({ code: 'JOURNAL_SERIALIZATION', cause: answer });
    for (answer of [-2, Number.NaN, 1.5, 2 ** 40]) {
      await expect(journal.append(event(1))).rejects.toMatchObject({ code: 'JOURNAL_SERIALIZATION' });
    }
    answer = 0;
    await Promise.all([first, journal.append(event(1))]);
    await journal.close();
    await using again = await FileJournal.open({ directory, segmentSizeBytes: SIZE });
    expect([...again.readFrom(0n)].map((entry) => entry.event)).toMatchObject(events(0, 2));
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'may end %i bytes before the end of a buffer, whether or not the checksum has room there',
    async (bytesLeft) => {
      const { journal, directory } = await open();
      const payloadBytes = 64 * 1024 - 20 - bytesLeft; // a buffer of 64 KiB, behind the header
      const one = event(0, payloadBytes - jsonCodec().encode(event(0)).length);
      await journal.append(one);
      await journal.close();
      await using again = await FileJournal.open({ directory, segmentSizeBytes: SIZE });
      expect([...again.readFrom(0n)].map((entry) => entry.payload.length)).toEqual([payloadBytes]);
      expect((await again.verifyIntegrity()).ok).toBe(true);
    },
  );

  it('may append another event, and both are stored unchanged', async () => {
    let depth = 0;
    let journal: FileJournal | null = null;
    const nested: Promise<void>[] = [];
    const codec = inPlaceCodec((one) => {
      if (depth > 0 || one.sequenceNum % 2n === 0n) return;
      depth += 1;
      nested.push((journal as FileJournal).append(event(one.sequenceNum - 1n, 50)));
      depth -= 1;
    });
    const opened = await open({ codec });
    ({ journal } = opened);
    await Promise.all([1, 3, 5].map((sequence) => opened.journal.append(event(sequence, 500))));
    await Promise.all(nested);
    const texts = [...opened.journal.readFrom(0n)].map((entry) => Buffer.from(entry.payload).toString());
    expect(texts).toEqual(
      [0, 1, 2, 3, 4, 5].map((sequence) =>
        Buffer.from(PLAIN.encode(event(sequence, sequence % 2 === 0 ? 50 : 500))).toString(),
      ),
    );
    await journal.close();
  });

  it('may flush or fill a group without a half-encoded event in it', async () => {
    let journal: FileJournal | null = null;
    let flushed: Promise<void> | null = null;
    const codec = inPlaceCodec((one) => {
      if (one.sequenceNum === 500n) flushed = (journal as FileJournal).flush();
    });
    const opened = await open({ codec });
    ({ journal } = opened);
    const appended = Promise.all(events(0, 600, 400).map((one) => opened.journal.append(one)));
    await flushed;
    expect(journal.durableSequence).toBeGreaterThanOrEqual(499n);
    await appended;
    expect([...journal.readFrom(0n)]).toHaveLength(600);
    expect((await journal.verifyIntegrity()).ok).toBe(true);
    await journal.close();
  });

  it('that closes or poisons the journal gets its append refused, and earlier appends are settled', async () => {
    let journal: FileJournal | null = null;
    const codec = inPlaceCodec((one) => {
      if (one.sequenceNum === 1n) (journal as FileJournal).poison(new Error('from inside'));
    });
    const opened = await open({ codec });
    ({ journal } = opened);
    const settled = await Promise.allSettled([journal.append(event(0)), journal.append(event(1))]);
    expect(settled).toMatchObject([
      { reason: { code: 'JOURNAL_POISONED', outcome: 'not-written' } },
      { reason: { code: 'JOURNAL_POISONED', outcome: 'not-written' } },
    ]);
    await journal.close();
  });
});

describe('many concurrent appends', () => {
  it('are written while others are encoded, acknowledged in order, and visible only when durable', async () => {
    const disk = new FaultyFileSystem();
    const { journal, directory } = await open({ fileSystem: disk.wrap });
    const release = disk.hold('sync');
    const acknowledged: bigint[] = [];
    const before = disk.count('sync', SEGMENT);
    const crowd = events(0, 1_500, 300).map((one) =>
      journal.append(one).then(() => acknowledged.push(one.sequenceNum)),
    );
    expect(disk.count('sync', SEGMENT) - before).toBe(1); // in the turn of the appends
    await turns();
    expect(journal.lastSequence).toBeNull();
    expect(acknowledged).toEqual([]);
    release();
    await Promise.all(crowd);
    expect(acknowledged).toEqual(Array.from({ length: 1_500 }, (_, index) => BigInt(index)));
    expect(disk.count('sync', SEGMENT) - before).toBe(2);
    await journal.close();
    await using again = await FileJournal.open({ directory, segmentSizeBytes: SIZE });
    expect(again.lastSequence).toBe(1_499n);
    expect((await again.verifyIntegrity()).ok).toBe(true);
  });

  it('form one group where a sync takes longer than encoding them', async () => {
    const disk = new FaultyFileSystem();
    const { journal } = await open({
      fileSystem: (real) =>
        disk.wrap({ ...real, sync: () => new Promise((resolve) => setTimeout(resolve, 5)) }),
    });
    for (const one of events(0, 10)) await journal.append(one);
    await turns();
    const before = disk.count('sync', SEGMENT);
    const crowd = events(10, 1_500, 300).map((one) => journal.append(one));
    expect(disk.count('sync', SEGMENT) - before).toBe(0);
    await Promise.all(crowd);
    expect(disk.count('sync', SEGMENT) - before).toBe(1);
    await journal.close();
  });

  it('are resolved over several turns of the event loop, in order, and before a later flush resolves', async () => {
    // So fast that a group is stored before all callers of the previous one are resolved.
    const { journal } = await open({ fileSystem: (real) => ({ ...real, sync: () => Promise.resolve() }) });
    const acknowledged: bigint[] = [];
    let next = 0;
    const flushing: Promise<void>[] = [];
    const flush = async (): Promise<void> => {
      const appended = next;
      await journal.flush();
      expect(acknowledged.length).toBeGreaterThanOrEqual(appended);
    };
    const append = async (): Promise<void> => {
      const one = event(next, 300);
      next += 1;
      await journal.append(one);
      acknowledged.push(one.sequenceNum);
    };
    const caller = async (): Promise<void> => {
      for (let round = 0; round < 8; round += 1) await append();
    };
    let turns = 0;
    const turn = (): void => {
      if (acknowledged.length === 9_000) return;
      turns += 1;
      flushing.push(flush());
      setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(Array.from({ length: 1_000 }, caller));
    await Promise.all(Array.from({ length: 1_000 }, append));
    await Promise.all(flushing);
    expect(acknowledged).toEqual(Array.from({ length: 9_000 }, (_, index) => BigInt(index)));
    expect(turns).toBeGreaterThan(40);
    await journal.close();
  });

  it('form one group with appends that follow an acknowledgement after any number of promises', async () => {
    const disk = new FaultyFileSystem();
    const { journal } = await open({
      fileSystem: (real) =>
        disk.wrap({ ...real, sync: () => new Promise((resolve) => setTimeout(resolve, 3)) }),
    });
    await journal.append(event(0));
    let next = 1;
    const append = async (depth: number): Promise<void> => {
      if (depth > 0) return append(depth - 1);
      next += 1;
      await journal.append(event(next - 1));
    };
    const before = disk.count('sync', SEGMENT);
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        for (let round = 0; round < 20; round += 1) await append(8);
      }),
    );
    expect(disk.count('sync', SEGMENT) - before).toBeLessThanOrEqual(23);
    await journal.close();
  });

  it('are settled before a journal that was poisoned meanwhile is closed', async () => {
    const { journal } = await open();
    let acknowledged = 0;
    const crowd = events(0, 700).map((one) => journal.append(one).then(() => (acknowledged += 1)));
    await Promise.race(crowd);
    journal.poison(new Error('by the application'));
    await journal.close();
    expect(acknowledged).toBe(700);
  });

  it('are resolved before later ones are rejected', async () => {
    let failing = false;
    const { journal } = await open({
      fileSystem: (real) => ({
        ...real,
        sync: () => (failing ? Promise.reject(new IoError('fdatasync', 'x', 'EIO')) : Promise.resolve()),
      }),
    });
    const settled: string[] = [];
    const append = (first: number, count: number): void => {
      for (const one of events(first, first + count, 200)) {
        void journal.append(one).then(
          () => settled.push('stored'),
          () => settled.push('rejected'),
        );
      }
    };
    append(0, 1_000);
    while (settled.length === 0) await new Promise((resolve) => setImmediate(resolve));
    failing = true;
    append(1_000, 1_000);
    while (settled.length < 2_000) await new Promise((resolve) => setImmediate(resolve));
    const stored = Number(journal.lastSequence) + 1;
    expect(stored).toBeGreaterThan(128);
    expect(settled.indexOf('rejected')).toBe(stored);
    expect(settled.lastIndexOf('stored')).toBe(stored - 1);
    await journal.close();
  });

  it('of which half are stored when the disk fails are acknowledged for that half', async () => {
    const disk = new FaultyFileSystem();
    const { journal } = await open({
      segmentSizeBytes: 64 * 1024,
      fileSystem: (real) => ({ ...disk.wrap(real), sync: () => Promise.resolve() }),
    });
    disk.fail('rename', 'EIO', { path: /segment-0/ });
    const crowd = events(0, 400, 200).map((one) => journal.append(one));
    const outcomes = (await Promise.allSettled(crowd)).map(({ status }) => status);
    const stored = Number(journal.lastSequence) + 1;
    expect(stored).toBeGreaterThan(140); // more than are resolved in one turn
    expect(stored).toBeLessThan(400);
    expect(outcomes.lastIndexOf('fulfilled')).toBe(stored - 1);
    expect(outcomes.indexOf('rejected')).toBe(stored);
    await journal.close();
  });

  it('that cannot be written are rejected after the calls have returned', async () => {
    const disk = new FaultyFileSystem();
    const { journal } = await open({ fileSystem: disk.wrap });
    disk.fail('write', 'EIO', { path: /segment-0/, times: 1 });
    const crowd = events(0, 1_000, 300).map((one) => journal.append(one));
    expect(journal.state).toBe('open');
    expect(journal.nextSequence).toBe(1_000n);
    const outcomes = (await Promise.allSettled(crowd)).map(
      (one) => ((one as PromiseRejectedResult).reason as IoError).outcome,
    );
    expect(outcomes.indexOf('not-written')).toBeGreaterThan(100);
    expect(outcomes.lastIndexOf('unknown')).toBe(outcomes.indexOf('not-written') - 1);
    expect(journal.lastSequence).toBeNull();
    await journal.close();
  });
});

describe('zeros ahead of the end', () => {
  it('are written for some small groups, never over an entry, never behind the end of the file', async () => {
    const disk = new FaultyFileSystem();
    const zeros: { position: number; lengthBytes: number }[] = [];
    const { journal, directory } = await open({
      segmentSizeBytes: 1024 * 1024,
      fileSystem: (real) => {
        const wrapped = disk.wrap(real);
        return {
          ...wrapped,
          write(fd, bytes, position, path) {
            if (path.includes('segment-0') && bytes.every((byte) => byte === 0))
              zeros.push({ position, lengthBytes: bytes.length });
            wrapped.write(fd, bytes, position, path);
          },
        };
      },
    });
    for (let sequence = 0; sequence < 300; sequence += 1) await journal.append(event(sequence, 3_000));
    expect(zeros.length).toBeGreaterThan(2);
    expect(zeros.length).toBeLessThan(10);
    for (const { position, lengthBytes } of zeros)
      expect(position + lengthBytes).toBeLessThanOrEqual(1024 * 1024);
    await journal.close();
    const bytes = bytesOf(directory);
    expect(bytes).toHaveLength(1024 * 1024);
    await using again = await FileJournal.open({ directory, segmentSizeBytes: 1024 * 1024 });
    expect(again.recovery).toMatchObject({ outcome: 'clean', lastSequence: 299n });
    expect((await again.verifyIntegrity()).ok).toBe(true);
    await again.append(event(300));
    expect([...again.readFrom(299n)]).toHaveLength(2);
  });
});

describe('a batch', () => {
  it('joins staged entries, and gives the same bytes as single appends', async () => {
    const written = events(0, 400, 700);
    const plain = await open({ codec: PLAIN });
    for (const one of written) await plain.journal.append(one);
    await plain.journal.close();
    for (const codec of [PLAIN, inPlaceCodec()]) {
      const { journal, directory } = await open({ codec });
      await Promise.all([
        journal.appendBatch(written.slice(0, 150)), // nothing is staged: the batch becomes the group
        journal.append(written[150] as SequencerEvent),
        journal.appendBatch(written.slice(151, 151)),
        journal.appendBatch(written.slice(151, 300)), // behind others, in a buffer that must grow
        journal.append(written[300] as SequencerEvent),
        journal.appendBatch(written.slice(301)),
      ]);
      await journal.close();
      expect(bytesOf(directory).equals(bytesOf(plain.directory))).toBe(true);
    }
  });

  it('is encoded as a whole before any of it is staged: appends of its encoding come first, or it is refused', async () => {
    let journal: FileJournal | null = null;
    let nested: Promise<void> | null = null;
    const codec = inPlaceCodec((one) => {
      if (one.sequenceNum === 3n && nested === null)
        nested = (journal as FileJournal).appendBatch(events(0, 2, 3_000));
    });
    const opened = await open({ codec });
    ({ journal } = opened);
    await opened.journal.appendBatch([event(2, 10), event(3, 20), event(4, 30)]);
    await nested;
    const refused = opened.journal.appendBatch([event(4), event(5)]);
    await expect(refused).rejects.toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT' });
    const texts = [...journal.readFrom(0n)].map(({ payload }) => Buffer.from(payload).toString());
    const expected = [event(0, 3_000), event(1, 3_000), event(2, 10), event(3, 20), event(4, 30)];
    expect(texts).toEqual(expected.map((one) => Buffer.from(PLAIN.encode(one)).toString()));
    await journal.close();
  });

  it.each([4, 100])(
    'of %d that is appended while a single event is encoded leaves that event unchanged',
    async (size) => {
      const last = 50 + size;
      let journal: FileJournal | null = null;
      let nested: Promise<void> | null = null;
      const codec = inPlaceCodec((one) => {
        if (one.sequenceNum === BigInt(last))
          nested = (journal as FileJournal).appendBatch(events(50, last, 900));
      });
      const opened = await open({ codec });
      ({ journal } = opened);
      await opened.journal.append(event(last, 1_000));
      await nested;
      expect(journal).toMatchObject({
        firstAvailableSequence: 50n,
        lastSequence: BigInt(last),
        durableSequence: BigInt(last),
      });
      const texts = [...journal.readFrom(0n)].map(({ payload }) => Buffer.from(payload).toString());
      const expected = [...events(50, last, 900), event(last, 1_000)];
      expect(texts).toEqual(expected.map((one) => Buffer.from(PLAIN.encode(one)).toString()));
      await journal.close();
    },
  );

  it('with an event that cannot be encoded stages nothing, and names the event', async () => {
    const codec: PayloadCodec = {
      ...PLAIN,
      encodeInto: (one, target, offset) =>
        one.sequenceNum === 2n ? Number.NaN : Buffer.from(PLAIN.encode(one)).copy(target, offset),
    };
    const { journal } = await open({ codec });
    await expect(journal.appendBatch(events(0, 4))).rejects.toMatchObject({
      code: 'JOURNAL_SERIALIZATION',
      message: expect.stringContaining('events[2]'),
    });
    expect(journal.nextSequence).toBeNull();
    const [first, second] = [journal.appendBatch(events(0, 2)), journal.appendBatch(events(0, 2))];
    await expect(second).rejects.toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT' });
    await first;
    expect([...journal.readFrom(0n)].map((entry) => entry.event)).toMatchObject(events(0, 2));
    await journal.close();
  });
});
