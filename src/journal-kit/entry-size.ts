/**
 * Bytes of an entry around its payload: length (4), sequence (8), timestamp (8) and CRC-32 (4).
 *
 * Every journal counts an entry by its size in a segment file, even if it stores entries elsewhere. As a
 * result, `appendedBytes`, the report of `verifyIntegrity`, limits and metrics agree.
 */
export const ENTRY_OVERHEAD_BYTES = 4 + 8 + 8 + 4;

/** Returns the size in a segment file of an entry with this payload. */
export function entrySizeBytes(payloadBytes: number): number {
  return ENTRY_OVERHEAD_BYTES + payloadBytes;
}
