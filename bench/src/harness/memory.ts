import { readFileSync } from 'node:fs';

/**
 * Memory of the process without pages of mapped files: RssAnon of /proc/self/status (proc(5), since Linux
 * 4.5). The kernel can reclaim the pages of mapped segments at any time, but RSS counts them. Null on other
 * systems.
 */
export function anonymousMemoryBytes(): number | null {
  try {
    const match = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
}
