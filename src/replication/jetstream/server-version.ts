import { ReplicationServerError } from '../index.js';

/**
 * Releases that can lose or reorder messages in ways that the rules do not cover: uncommitted entries of an
 * earlier term, drift of the sequence, catch-up that loses its place. They were fixed in 2.12.12 and 2.14.3.
 */
export function assertServerVersion(version: string): void {
  const [, major = 0, minor = 0, patch = 0] = (/^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  const isFixed =
    major > 2 ||
    (major === 2 && minor > 14) ||
    (major === 2 && minor === 14 && patch >= 3) ||
    (major === 2 && minor === 12 && patch >= 12);
  if (isFixed) return;
  throw new ReplicationServerError(
    version,
    'it can lose stored messages; use 2.14.4 or later, at least 2.12.12 or 2.14.3',
  );
}
