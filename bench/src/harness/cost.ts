import { allocationMeter } from './memory.js';

/** What a piece of work costs the process: CPU time of all its threads, and bytes on the JavaScript heap. */
export interface Cost {
  readonly userUs: number;
  readonly systemUs: number;
  readonly allocatedBytes: number;
}

/** Starts to measure. @returns a function that gives the cost since */
export function costMeter(): () => Cost {
  const allocatedBytes = allocationMeter();
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return { userUs: user, systemUs: system, allocatedBytes: allocatedBytes() };
  };
}
