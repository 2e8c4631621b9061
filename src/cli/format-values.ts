/** How numbers and times appear in text. `--json` has the exact values. */

const NS_PER_MS = 1_000_000n;
/** The last millisecond that a Date can hold. */
const LAST_MS = 8_640_000_000_000_000n;

/** A time in nanoseconds since the Unix epoch as ISO 8601 in UTC, with nine digits. */
export function formatTime(timestampNs: bigint): string {
  const ms = timestampNs / NS_PER_MS;
  if (ms > LAST_MS) return `${timestampNs} ns`;
  const rest = (timestampNs % NS_PER_MS).toString().padStart(6, '0');
  return new Date(Number(ms)).toISOString().replace('Z', `${rest}Z`);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A size in the largest unit that keeps it at 1 or more. */
export function formatBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A count with separators between thousands. */
export function formatCount(count: number | bigint): string {
  return count.toLocaleString('en-US');
}
