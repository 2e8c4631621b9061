/**
 * Bytes of an entry around its payload: length (4), sequence (8), timestamp (8) and CRC-32 (4).
 *
 * Every journal counts an entry by its size in a segment file, even if it stores entries elsewhere. Then
 * `appendedBytes`, the report of `verifyIntegrity`, limits and metrics agree.
 */
export const ENTRY_OVERHEAD_BYTES = 4 + 8 + 8 + 4;

/** Bytes of the entry with this payload in a segment file. */
export function entrySizeBytes(payloadBytes: number): number {
  return ENTRY_OVERHEAD_BYTES + payloadBytes;
}
