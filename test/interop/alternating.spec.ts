import { expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { Random } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { randomEvents } from './events.js';
import { describeEngines } from './rust-engine.js';

const SEGMENT_SIZE = 16 * 1024;
const ROUNDS = 8;

describeEngines('writers that alternate', (engine) => {
  test.each([1, 2, 3])('leave one journal that both read completely, seed %i', async (seed) => {
    const directory = temporaryDirectory('interop-');
    const codec = orderBookCodec<unknown>({ engine: engine.version });
    const random = new Random(seed);
    const expected: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const events = randomEvents(engine, seed * 100 + round, random.below(60) + 1, BigInt(expected.length));
      const payloads = events.map((event) => Buffer.from(codec.encode(event)).toString());
      if (random.chance(0.5)) {
        const answers = engine.append(directory, payloads, SEGMENT_SIZE);
        expect(answers).toEqual(payloads.map((json) => ({ json })));
      } else {
        await using journal = await FileJournal.open({ directory, codec, segmentSizeBytes: SEGMENT_SIZE });
        expect(journal.recovery.outcome).toBe('clean');
        expect(journal.nextSequence ?? 0n).toBe(BigInt(expected.length));
        await Promise.all(events.map((event) => journal.append(event)));
      }
      expected.push(...payloads);

      const { entries, errors, last, verify } = engine.read(directory);
      expect([errors, verify, last]).toEqual([[], 'ok', String(expected.length - 1)]);
      expect(entries.map(({ json }) => json)).toEqual(expected);
    }
    await using journal = await FileJournal.openReadOnly({ directory, codec });
    const read = Array.from(journal.readFrom(0n), ({ payload }) => Buffer.from(payload).toString());
    expect(read).toEqual(expected);
    expect((await journal.verifyIntegrity()).errors).toEqual([]);
  });

  test('append while the other reads', async () => {
    const directory = temporaryDirectory('interop-');
    const codec = orderBookCodec<unknown>({ engine: engine.version });
    const events = randomEvents(engine, 50, 90);
    const payloads = events.map((event) => Buffer.from(codec.encode(event)).toString());
    engine.append(directory, payloads.slice(0, 30), SEGMENT_SIZE);
    await using reader = await FileJournal.openReadOnly({ directory, codec });
    const read = () => Array.from(reader.readFrom(0n), ({ payload }) => Buffer.from(payload).toString());
    expect(read()).toEqual(payloads.slice(0, 30));
    engine.append(directory, payloads.slice(30), SEGMENT_SIZE);
    expect(read()).toEqual(payloads);
  });
});
