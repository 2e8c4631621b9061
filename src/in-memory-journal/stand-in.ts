// TEMPORARY until src/serialization exists.
import CRC from 'crc-32';
import {
  DeserializationError,
  SerializationError,
  SequencerEvent,
  type PayloadCodec,
} from '../journal/index.js';
import { rememberStoredPayload, storedPayloadOf } from '../journal/index.js';

export function crc32(bytes: Uint8Array, seed = 0): number {
  return CRC.buf(bytes, seed) >>> 0;
}

function write(v: unknown, path: string, seen: unknown[]): string {
  if (v === null || v === undefined) return 'null';
  if (typeof v === 'bigint') return v.toString();
  if (typeof v === 'number') {
    if (!Number.isFinite(v)) throw new SerializationError('not finite', path);
    return JSON.stringify(v);
  }
  if (typeof v === 'string' || typeof v === 'boolean') return JSON.stringify(v);
  if (typeof v !== 'object') throw new SerializationError(typeof v, path);
  if (seen.includes(v)) throw new SerializationError('cycle', path);
  const inner = [...seen, v];
  if (Array.isArray(v)) return `[${v.map((x, i) => write(x, `${path}[${i}]`, inner)).join(',')}]`;
  return `{${Object.entries(v)
    .map(([k, x]) => `${JSON.stringify(k)}:${write(x, `${path}.${k}`, inner)}`)
    .join(',')}}`;
}

export function jsonCodec<C = unknown, R = unknown>(): PayloadCodec<C, R> {
  return {
    encode(e) {
      return (
        storedPayloadOf(e) ??
        new TextEncoder().encode(
          `{"sequence_num":${e.sequenceNum},"timestamp_ns":${e.timestampNs},"command":${write(e.command, 'command', [])},"result":${write(e.result, 'result', [])}}`,
        )
      );
    },
    decode(p, sequenceNum, timestampNs) {
      let o: { command: C; result: R };
      try {
        const text = new TextDecoder('utf-8', { fatal: true })
          .decode(p)
          .replace(/([:[,])(-?\d{16,})(?=[,\]}])/g, '$1"#$2"');
        o = JSON.parse(text, (_k, v: unknown) =>
          typeof v === 'string' && v.startsWith('#') ? BigInt(v.slice(1)) : v,
        ) as typeof o;
      } catch (cause) {
        throw new DeserializationError('bad json', { cause });
      }
      const e = new SequencerEvent<C, R>({ sequenceNum, timestampNs, command: o.command, result: o.result });
      rememberStoredPayload(e, p);
      return e;
    },
  };
}
