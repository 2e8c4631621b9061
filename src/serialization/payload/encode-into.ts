import type { PayloadCodec, SequencerEvent } from '../../journal/index.js';

/** More than most events need. */
const SCRATCH_BYTES = 4096;
// Written and read within one synchronous call, so that all codecs may share it.
let scratch = Buffer.alloc(0);

/** The bytes that `encodeInto` writes, in an array of their own. */
export function encodeAnew<TCommand, TResult>(
  event: SequencerEvent<TCommand, TResult>,
  encodeInto: NonNullable<PayloadCodec<TCommand, TResult>['encodeInto']>,
): Uint8Array {
  let target = scratch.length === 0 ? (scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)) : scratch;
  for (;;) {
    const length = encodeInto(event, target, 0);
    if (length >= 0) {
      // A copy: the caller keeps what it is given.
      const bytes = Buffer.allocUnsafe(length);
      target.copy(bytes, 0, 0, length);
      return bytes;
    }
    target = Buffer.allocUnsafeSlow(target.length * 4);
  }
}

/** `bytes` at `offset` of `target`: how many they are, or -1 when there is not enough room. */
export function copyInto(bytes: Uint8Array, target: Buffer, offset: number): number {
  if (bytes.length > target.length - offset) return -1;
  target.set(bytes, offset);
  return bytes.length;
}

/** The same for text, as UTF-8. */
export function textInto(text: string, target: Buffer, offset: number): number {
  const room = target.length - offset;
  // Three bytes a UTF-16 unit is the most there can be; only near the end is it worth counting.
  if (text.length * 3 > room && Buffer.byteLength(text) > room) return -1;
  return target.write(text, offset);
}
