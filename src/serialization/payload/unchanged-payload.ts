import { storedPayloadOf } from '../../journal/index.js';
import type { PayloadCodec, SequencerEvent } from '../../journal/index.js';
import { deepEqual } from '../../common/index.js';
import { headerOf } from './payload-layout.js';
import { headerText } from './payload-text.js';
import { asBuffer } from '../../common/index.js';

/**
 * The bytes an event was decoded from, if it still says the same: what a second formatting would make of
 * `1.0`, `1e21`, unknown fields or integer-like keys is another text. When only its sequence or time is
 * another (it was copied to another place), these bytes with a new header. Null when the event was made or
 * changed by the application.
 *
 * It decodes the bytes again and compares: that a nested object was changed in place cannot be seen
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
    // Not this codec's bytes, or a header this event does not have: the event is formatted anew.
    return null;
  }
}
