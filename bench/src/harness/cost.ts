import { allocationMeter } from './memory.js';

/**
 * The cost of a piece of work to the process: CPU time of all its threads, and bytes on the JavaScript heap.
 */
export interface Cost {
  readonly userUs: number;
  readonly systemUs: number;
  readonly allocatedBytes: number;
}

/** Starts a measurement. @returns a function that returns the cost since the start */
export function costMeter(): () => Cost {
  const allocatedBytes = allocationMeter();
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return { userUs: user, systemUs: system, allocatedBytes: allocatedBytes() };
  };
}
