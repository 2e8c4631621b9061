/**
 * CPU time of the whole process (all its threads, user and system). On a machine with other work, it says
 * more than the wall clock. @returns a function that returns the microseconds since this call
 */
export function cpuTimer(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
}
