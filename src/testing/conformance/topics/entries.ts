import assert from 'node:assert/strict';
import { SequencerEvent, type PayloadCodec } from '../../../journal/index.js';
import { jsonCodec } from '../../../serialization/index.js';
import { eventAt, eventsFrom, readAll, textOf } from '../events.js';
import { referenceCrc } from '../reference-crc.js';
import type { Topic } from '../topic.js';

const U128 = 2n ** 128n - 1n;

export const entriesTopic: Topic = {
  name: 'entries',
  define(test) {
    test('payload is the JSON of the whole event: fixed order of fields, no spaces', async ({ open }) => {
      const journal = await open();
      const command = { AddOrder: { price: U128, quantity: 5, side: 'Buy', tags: [], note: null } };
      await journal.append(
        new SequencerEvent({ sequenceNum: 9, timestampNs: 2n ** 63n, command, result: 'Accepted' }),
      );
      const [entry] = readAll(journal);
      assert(entry !== undefined && entry.payload instanceof Uint8Array);
      assert.equal(
        textOf(entry.payload),
        '{"sequence_num":9,"timestamp_ns":9223372036854775808,"command":{"AddOrder":{"price":' +
          '340282366920938463463374607431768211455,"quantity":5,"side":"Buy","tags":[],"note":null}},"result":"Accepted"}',
      );
    });

    test('storedCrc is the CRC-32 of sequence, time and payload', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch([...eventsFrom(2n ** 60n, 3), eventAt(2n ** 60n + 3n, 'é')]);
      for (const entry of readAll(journal)) assert.equal(entry.storedCrc, referenceCrc(entry));
    });

    test('event is decoded without loss', async ({ open }) => {
      const journal = await open();
      const command = {
        small: 1,
        negative: -7,
        fraction: 0.1,
        i64: -(2n ** 63n),
        u128: U128,
        list: [1, [2n ** 64n, null]],
        flag: true,
      };
      await journal.append(eventAt(0, command, { Filled: { trades: [{ id: 'a' }] } }));
      const [entry] = readAll(journal);
      assert(entry !== undefined && SequencerEvent.isSequencerEvent(entry.event));
      assert.deepEqual(entry.event.command, command);
      assert.deepEqual(entry.event.result, { Filled: { trades: [{ id: 'a' }] } });
    });

    test('event is decoded once per entry and iteration', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0, { quantity: 5 }));
      const [first] = readAll(journal);
      const [second] = readAll(journal);
      assert(first !== undefined && second !== undefined);
      assert.equal(first.event, first.event);
      (first.event.command as { quantity: number }).quantity = 6;
      assert.deepEqual(second.event.command, { quantity: 5 });
      assert.deepEqual(readAll(journal)[0]?.event.command, { quantity: 5 });
    });

    test(
      'event is decoded on first use only',
      async ({ open }) => {
        const decoded: bigint[] = [];
        const journal = await open({ codec: recordingCodec(decoded) });
        await journal.appendBatch(eventsFrom(0, 5));
        const entries = readAll(journal);
        assert.deepEqual(decoded, []);
        void entries[3]?.event;
        void entries[3]?.event;
        assert.deepEqual(decoded, [3n]);
      },
      'customCodec',
    );

    test('payload and event stay valid after close', async ({ open }) => {
      const journal = await open();
      const events = eventsFrom(0, 10);
      await journal.appendBatch(events);
      const entries = readAll(journal);
      const before = entries.map((entry) => textOf(entry.payload));
      await journal.close();
      assert.deepEqual(
        entries.map((entry) => textOf(entry.payload)),
        before,
      );
      assert.deepEqual(
        entries.map((entry) => entry.event.command),
        events.map((event) => event.command),
      );
    });

    test(
      'payload and event stay valid after archiving',
      async ({ open }) => {
        const journal = await open({ smallSegments: true });
        const events = eventsFrom(0, 100);
        await journal.appendBatch(events);
        const entries = readAll(journal);
        const before = entries.map((entry) => textOf(entry.payload));
        assert((await journal.archiveSegmentsBefore(100n)) > 0);
        await journal.appendBatch(eventsFrom(100, 100));
        assert.deepEqual(
          entries.map((entry) => textOf(entry.payload)),
          before,
        );
        assert.deepEqual(
          entries.map((entry) => entry.event.command),
          events.map((event) => event.command),
        );
      },
      'smallSegments',
    );

    test('a decoded event is stored as the same bytes in another journal', async ({ open }) => {
      const [source, copy] = [await open(), await open()];
      await source.appendBatch([eventAt(0, { 2: 'b', 1: 'a', price: U128 }), eventAt(1, [1.5, 1e21, -0.25])]);
      for (const { event } of source.readFrom(0n)) await copy.append(event);
      assert.deepEqual(
        readAll(copy).map((entry) => [textOf(entry.payload), entry.storedCrc]),
        readAll(source).map((entry) => [textOf(entry.payload), entry.storedCrc]),
      );
    });

    test(
      'a decoded event is stored as the same bytes, even if another program formatted them',
      async ({ open }) => {
        const text =
          '{"sequence_num":0,"timestamp_ns":1,"command":{"b":1.0,"2":1e2,"1":0.10},"result":"\\u00e9"}';
        const source = await open({
          codec: { ...jsonCodecMethods(), encode: () => new TextEncoder().encode(text) },
        });
        await source.append(
          new SequencerEvent({ sequenceNum: 0, timestampNs: 1, command: null, result: null }),
        );
        const copy = await open();
        for (const { event } of source.readFrom(0n)) await copy.append(event);
        assert.deepEqual(
          readAll(copy).map((entry) => textOf(entry.payload)),
          [text],
        );
      },
      'customCodec',
    );

    test('JSON.stringify writes entries and events, with bigints as decimal strings', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(3, { price: U128, quantity: 5 }));
      const [entry] = readAll(journal);
      assert(entry !== undefined);
      const event = {
        sequenceNum: '3',
        timestampNs: `${entry.timestampNs}`,
        command: { price: `${U128}`, quantity: 5 },
        result: null,
      };
      assert.deepEqual(JSON.parse(JSON.stringify(entry.event)), event);
      assert.deepEqual(JSON.parse(JSON.stringify(entry)), {
        sequenceNum: '3',
        timestampNs: `${entry.timestampNs}`,
        storedCrc: entry.storedCrc,
        event,
      });
    });
  },
};

function recordingCodec(decoded: bigint[]): PayloadCodec {
  const codec = jsonCodecMethods();
  return {
    encode: codec.encode,
    decode(payload, sequenceNum, timestampNs) {
      decoded.push(sequenceNum);
      return codec.decode(payload, sequenceNum, timestampNs);
    },
  };
}

/** The bound methods: a codec may be an instance of a class. */
function jsonCodecMethods(): PayloadCodec {
  const codec = jsonCodec();
  return {
    encode: (event) => codec.encode(event),
    decode: (payload, sequenceNum, timestampNs) => codec.decode(payload, sequenceNum, timestampNs),
  };
}
