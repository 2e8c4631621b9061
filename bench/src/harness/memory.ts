import { readFileSync } from 'node:fs';

/**
 * What the process holds that is no page of a mapped file: RssAnon of /proc/self/status (proc(5), since Linux
 * 4.5). Mapped segments are page cache that the kernel takes back when it wants to; plain RSS would count
 * them. Null elsewhere.
 */
export function anonymousMemoryBytes(): number | null {
  try {
    const match = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
}
