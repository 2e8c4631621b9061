/**
 * CPU time of the whole process (all its threads, user and system): on a machine that has other things to do
 * it says more than the wall clock. @returns a function that gives the microseconds since
 */
export function cpuTimer(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
}
