import { expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { randomEvents } from './events.js';
import type { BookEvent } from './events.js';
import { describeEngines, isNewest } from './rust-engine.js';
import type { RustAnswer } from './rust-engine.js';

const SEGMENT_SIZE = 16 * 1024;
const plain = orderBookCodec<unknown>();

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

describeEngines('a journal of this package', (engine) => {
  test.each([1, 2, 3])('with random events of every kind is read byte for byte, seed %i', async (seed) => {
    const directory = temporaryDirectory('interop-');
    const codec = orderBookCodec<unknown>({ engine: engine.version });
    const events = randomEvents(engine, seed, 400);
    await using journal = await FileJournal.open({ directory, codec, segmentSizeBytes: SEGMENT_SIZE });
    await Promise.all(events.map((event) => journal.append(event)));
    await journal.close();

    const { entries, errors, last, verify } = engine.read(directory);
    expect(errors).toEqual([]);
    expect(entries.map(({ json }) => json)).toEqual(events.map((event) => text(codec.encode(event))));
    expect(entries.map(({ seq, ts }) => [seq, ts])).toEqual(
      events.map((event) => [String(event.sequenceNum), String(event.timestampNs)]),
    );
    expect([last, verify]).toEqual(['399', 'ok']);
  });

  test('is read from the middle, and with archived segments', async () => {
    const directory = temporaryDirectory('interop-');
    const codec = orderBookCodec<unknown>({ engine: engine.version });
    const events = randomEvents(engine, 4, 200);
    await using journal = await FileJournal.open({ directory, codec, segmentSizeBytes: SEGMENT_SIZE });
    await Promise.all(events.map((event) => journal.append(event)));
    await journal.archiveSegmentsBefore(100n);
    await journal.close();
    const { entries, errors } = engine.read(directory, 150n);
    expect(errors).toEqual([]);
    expect(entries.map(({ seq }) => seq)).toEqual(
      events.slice(150).map(({ sequenceNum }) => String(sequenceNum)),
    );
  });

  test('is read without members that the engine does not know or that an older one omits', async () => {
    const directory = temporaryDirectory('interop-');
    const payloads = ['', ',"more":[{"a":1}]'].flatMap((more) =>
      ['', ',"outcome":"filled"', ',"outcome":"filled","error":null'].map(
        (late, index) =>
          `{"sequence_num":${index + (more === '' ? 0 : 3)},"timestamp_ns":2,"command":"CancelAll","result":{"TradeExecuted":` +
          `{"trade_result":{"symbol":"S","match_result":{"order_id":"1","trades":{"trades":[]},"remaining_quantity":0,` +
          `"is_complete":true,"filled_order_ids":[]${late}${more}},"total_maker_fees":0,"total_taker_fees":0,` +
          `"engine_seq":0}}}}`,
      ),
    );
    await using journal = await FileJournal.open({ directory, codec: plain, segmentSizeBytes: SEGMENT_SIZE });
    for (const payload of payloads) {
      const sequence = BigInt(payloads.indexOf(payload));
      await journal.append(plain.decode(Buffer.from(payload), sequence, 2n));
    }
    await journal.close();
    const { entries, errors } = engine.read(directory);
    expect(errors).toEqual([]);
    expect(entries).toHaveLength(payloads.length);
  });
});

describeEngines('a journal of Rust', (engine) => {
  test('is read with every variant, and written again byte for byte', async () => {
    const directory = temporaryDirectory('interop-');
    const written = engine.run(['variants', directory, '--segment-size', '4096']);
    expect(written.length).toBeGreaterThan(30);
    await using journal = await FileJournal.openReadOnly({ directory, codec: plain });
    const codec = orderBookCodec<unknown>({ engine: engine.version });
    const read = [...journal.readFrom(0n)];
    expect(read.map(({ payload }) => text(payload))).toEqual(written);
    for (const { event, payload } of read) {
      expect(text(plain.encode(event))).toBe(text(payload));
      const { sequenceNum, timestampNs, command, result } = event;
      // JavaScript has one number for 1 and 1.0.
      expect(text(codec.encode(new SequencerEvent({ sequenceNum, timestampNs, command, result })))).toBe(
        text(payload).replace('[0.1,1.0,', '[0.1,1,'),
      );
    }
    expect((await journal.verifyIntegrity()).errors).toEqual([]);
  });

  test('is read after Rust archived it', async () => {
    const directory = temporaryDirectory('interop-');
    engine.run(['variants', directory, '--segment-size', '4096']);
    engine.archive(directory, 10n);
    const { entries } = engine.read(directory);
    await using journal = await FileJournal.openReadOnly({ directory, codec: plain });
    const sequences = [...journal.readFrom(journal.firstAvailableSequence ?? 0n)].map(
      ({ event }) => event.sequenceNum,
    );
    expect(sequences.map(String)).toEqual(entries.map(({ seq }) => seq));
  });
});

describeEngines(
  'variants that a later version added',
  (engine) => {
    test('are an error of that entry in Rust, and are refused here for that engine', async () => {
      const directory = temporaryDirectory('interop-');
      const aborted = {
        MatchAborted: { reason: '', code: 15, committed: { executed_quantity: 0n, trades: [] } },
      };
      const added = { OrderAdded: { order_id: '1' } };
      const events = [added, aborted, added].map(
        (result, index) =>
          new SequencerEvent({
            sequenceNum: BigInt(index),
            timestampNs: 1n,
            command: 'CancelAll' as const,
            result,
          }),
      );
      await using journal = await FileJournal.open({
        directory,
        codec: plain,
        segmentSizeBytes: SEGMENT_SIZE,
      });
      for (const event of events) await journal.append(event);
      await journal.close();
      const { entries, errors } = engine.read(directory);
      expect(entries.map(({ seq }) => seq)).toEqual(['0', '2']);
      expect(errors).toEqual([expect.stringContaining('unknown variant `MatchAborted`')]);
      const codec = orderBookCodec<unknown>({ engine: engine.version });
      expect(() => codec.encode(events[1] as never)).toThrow('cannot read the variant MatchAborted');
    });
  },
  (engine) => !engine.isAtLeast('0.14'),
);

/** The reader of this package accepts any text here, because ids that no Rust journal has stay readable. */
const ANY_TEXT = /(?:^|_)ids?$|^CancelOrder$/;

/**
 * Every way to omit a member, to set it to null, to add one, and to misspell a member or a variant.
 */
function* changes(value: unknown, rebuild: (value: unknown) => unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'extra_fields') continue;
    const replaced = (it: unknown) =>
      rebuild(
        Array.isArray(value)
          ? value.map((old, at) => (String(at) === key ? it : old))
          : { ...value, [key]: it },
      );
    if (!Array.isArray(value)) {
      const others = Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
      yield JSON.stringify(rebuild(others));
      yield JSON.stringify(rebuild({ ...others, [`${key}_`]: item }));
      yield JSON.stringify(rebuild({ ...others, [key]: item, unknown: 1 }));
      // The reader of Rust treats an outcome as an Option; its writer never does.
      if (key !== 'outcome') yield JSON.stringify(replaced(null));
    }
    if (ANY_TEXT.test(key)) continue;
    if (typeof item === 'string') yield JSON.stringify(replaced(`${item}_`));
    yield* changes(item, replaced);
  }
}

describeEngines(
  'invalid JSON of an event',
  (engine) => {
    test('is read here exactly when Rust reads it', () => {
      const variants = engine.run(['variants', temporaryDirectory('interop-')]);
      const texts = variants.flatMap((line) => {
        // Small integers, which JSON.parse keeps.
        const { command, result } = JSON.parse(line.replaceAll(/\d{16,}(?=[,}\]])/g, '7')) as BookEvent;
        return [
          ...changes({ command, result }, (body) => ({
            ...{ sequence_num: 0, timestamp_ns: 1 },
            ...(body as object),
          })),
        ];
      });
      // The journal refuses a sequence that it already has.
      const payloads = texts.map((text, index) =>
        text.replace('"sequence_num":0', `"sequence_num":${index}`),
      );
      const answers = engine.append(temporaryDirectory('interop-'), payloads, 2 ** 26);
      const differing = payloads.flatMap((payload, index) => {
        const answer = answers[index] as RustAnswer;
        const here = readHere(payload, BigInt(index));
        return 'json' in answer === (here === 'read') ? [] : [[payload, answer, here]];
      });
      expect(differing).toEqual([]);
      expect(payloads.length).toBeGreaterThan(1000);
      const read = answers.filter((answer) => 'json' in answer).length;
      expect([read > 200, answers.length - read > 200]).toEqual([true, true]);
    });

    function readHere(payload: string, sequence: bigint): string {
      try {
        plain.decode(Buffer.from(payload), sequence, 1n);
        return 'read';
      } catch (error) {
        return String(error);
      }
    }
  },
  isNewest,
);
