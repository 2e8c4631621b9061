import { readFileSync } from 'node:fs';
import { GCProfiler, getHeapStatistics } from 'node:v8';

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

/**
 * Counts the bytes allocated on the JavaScript heap: the sum of its growth between garbage collections.
 * Buffers outside the heap do not count.
 * @returns a function that ends the count and returns the bytes
 */
export function allocationMeter(): () => number {
  const profiler = new GCProfiler();
  profiler.start();
  let usedBytes = getHeapStatistics().used_heap_size;
  return () => {
    const endBytes = getHeapStatistics().used_heap_size;
    let allocatedBytes = 0;
    for (const { beforeGC, afterGC } of profiler.stop()?.statistics ?? []) {
      allocatedBytes += Math.max(0, beforeGC.heapStatistics.usedHeapSize - usedBytes);
      usedBytes = afterGC.heapStatistics.usedHeapSize;
    }
    return allocatedBytes + Math.max(0, endBytes - usedBytes);
  };
}
