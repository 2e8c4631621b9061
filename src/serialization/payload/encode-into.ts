import type { PayloadCodec, SequencerEvent } from '../../journal/index.js';

/** Initial size of the buffer, sufficient for most events. */
const SCRATCH_BYTES = 4096;
// Written and read within one synchronous call, so all codecs can share it.
let scratch = Buffer.alloc(0);

/** Returns the bytes that `encodeInto` writes, in a new array. */
export function encodeAnew<TCommand, TResult>(
  event: SequencerEvent<TCommand, TResult>,
  encodeInto: NonNullable<PayloadCodec<TCommand, TResult>['encodeInto']>,
): Uint8Array {
  let target = scratch.length === 0 ? (scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)) : scratch;
  for (;;) {
    const length = encodeInto(event, target, 0);
    if (length >= 0) {
      // A copy, because the caller keeps the returned bytes.
      const bytes = Buffer.allocUnsafe(length);
      target.copy(bytes, 0, 0, length);
      return bytes;
    }
    target = Buffer.allocUnsafeSlow(target.length * 4);
  }
}

/** Copies `bytes` to `target` at `offset` and returns their number; -1 if there is not enough room. */
export function copyInto(bytes: Uint8Array, target: Buffer, offset: number): number {
  if (bytes.length > target.length - offset) return -1;
  target.set(bytes, offset);
  return bytes.length;
}

/** Writes text as UTF-8, like {@link copyInto}. */
export function textInto(text: string, target: Buffer, offset: number): number {
  const room = target.length - offset;
  // A UTF-16 unit takes at most three bytes; counting them is worthwhile only near the end.
  if (text.length * 3 > room && Buffer.byteLength(text) > room) return -1;
  return target.write(text, offset);
}
