/**
 * Suites that need more than Node: where something is missing they are skipped, and their name says why.
 * Attaching strace to a running process counts as a matter for root: many systems restrict it to that.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';

const CAP_SYS_ADMIN = 21n;

interface Requirements {
  readonly root?: boolean;
  /** Programs on the PATH. */
  readonly tools?: readonly string[];
  /** Loop devices, for file systems in a file. */
  readonly loop?: boolean;
  /** What else is missing here, in words; null for what is not. */
  readonly missing?: readonly (string | null)[];
}

/** As `describe`, or as a skipped one whose name says what is missing. */
export function describeWith(requirements: Requirements, name: string, suite: () => void): void {
  const missing = missingOf(requirements);
  const isRun = missing.length === 0;
  const title = isRun ? name : `${name} (skipped: needs ${missing.join(', ')})`;
  (isRun ? describe : describe.skip)(title, suite);
}

function missingOf({ root = false, tools = [], loop = false, missing: others = [] }: Requirements): string[] {
  if (process.platform !== 'linux') return ['Linux'];
  const missing = tools.filter((tool) => !isInstalled(tool));
  missing.push(...others.filter((other) => other !== null));
  if ((root || loop) && process.geteuid?.() !== 0) missing.push('root');
  else if (loop && !mayMount()) missing.push('the right to mount');
  if (loop && !isThere('/dev/loop-control')) missing.push('loop devices');
  return missing;
}

/** Whether a program of this name is on the PATH. */
export function isInstalled(tool: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => isThere(join(folder, tool), constants.X_OK));
}

/** Root in a container often may not. */
function mayMount(): boolean {
  const effective = /^CapEff:	([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

function isThere(path: string, mode: number = constants.F_OK): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
