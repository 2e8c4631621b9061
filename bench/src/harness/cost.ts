/**
 * What a piece of work costs the process: CPU time of all its threads, and bytes allocated in the heap of
 * V8.
 */
import { GCProfiler, getHeapStatistics } from 'node:v8';

export interface Cost {
  readonly userUs: number;
  readonly systemUs: number;
  readonly allocatedBytes: number;
}

/**
 * Starts to measure. @returns a function that gives the cost since
 *
 * Allocated bytes are the growth of the heap between the collections: each collection reports the size of
 * the heap before and after it.
 */
export function costMeter(): () => Cost {
  const profiler = new GCProfiler();
  profiler.start();
  const startBytes = getHeapStatistics().used_heap_size;
  const startCpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(startCpu);
    const endBytes = getHeapStatistics().used_heap_size;
    let allocatedBytes = 0;
    let fromBytes = startBytes;
    for (const { beforeGC, afterGC } of profiler.stop().statistics) {
      allocatedBytes += beforeGC.heapStatistics.usedHeapSize - fromBytes;
      fromBytes = afterGC.heapStatistics.usedHeapSize;
    }
    return { userUs: user, systemUs: system, allocatedBytes: allocatedBytes + endBytes - fromBytes };
  };
}
