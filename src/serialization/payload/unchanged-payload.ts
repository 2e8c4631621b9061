import { storedPayloadOf } from '../../journal/index.js';
import type { PayloadCodec, SequencerEvent } from '../../journal/index.js';
import { deepEqual } from '../../common/index.js';
import { headerOf } from './payload-layout.js';
import { headerText } from './payload-text.js';
import { asBuffer } from '../../common/index.js';

/**
 * Returns the bytes that an event was decoded from, if the event still has the same content. Formatting it
 * again would give another text for `1.0`, `1e21`, unknown fields or integer-like keys. If only the sequence
 * or time differs, because the event was copied to another place, the result is these bytes with a new
 * header. Null if the application made or changed the event.
 *
 * The function decodes the bytes again and compares: a change inside a nested object is not visible
 * otherwise.
 */
export function unchangedPayload<TCommand, TResult>(
  event: SequencerEvent<TCommand, TResult>,
  decode: PayloadCodec<TCommand, TResult>['decode'],
): Uint8Array | null {
  const stored = storedPayloadOf(event);
  if (stored === undefined) return null;
  const bytes = asBuffer(stored);
  const { sequenceNum, timestampNs } = event;
  const header = headerOf(bytes) ?? { sequenceNum, timestampNs, commandOffset: -1 };
  const original = tryDecode(decode, stored, header);
  if (original === null) return null;
  if (original.commandId !== (event.commandId ?? null)) return null;
  if (!deepEqual(original.command, event.command) || !deepEqual(original.result, event.result)) return null;

  if (header.sequenceNum === sequenceNum && header.timestampNs === timestampNs) return stored;
  if (header.commandOffset < 0) return null;
  return Buffer.concat([
    Buffer.from(headerText(sequenceNum, timestampNs)),
    bytes.subarray(header.commandOffset),
  ]);
}

function tryDecode<TCommand, TResult>(
  decode: PayloadCodec<TCommand, TResult>['decode'],
  stored: Uint8Array,
  header: { sequenceNum: bigint; timestampNs: bigint },
): SequencerEvent<TCommand, TResult> | null {
  try {
    return decode(stored, header.sequenceNum, header.timestampNs);
  } catch {
    // These bytes are not in this codec's format, or their header does not match. Then the event is formatted
    // again.
    return null;
  }
}
