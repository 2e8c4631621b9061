import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** The process that holds the lock of a journal's directory: its writer. */
export interface LockHolder {
  /** As this process sees it. */
  readonly pid: number;
  /** The name of its program, such as `node`; null if the process has just ended. */
  readonly command: string | null;
}

/**
 * Finds the writer of the journal in `directory` without taking its lock: reads the kernel's list of locks.
 *
 * A process of another PID namespace, such as another container, is not in that list.
 * @returns `null` if no process holds the lock; `unknown` if the system has no such list (only Linux has one)
 * or the directory cannot be opened
 */
export function lockHolder(directory: string): LockHolder | null | 'unknown' {
  const places = placesOf(directory);
  if (places === null) return 'unknown';
  const locks = textOf('/proc/locks');
  if (locks === null) return 'unknown';
  for (const line of locks.split('\n')) {
    const lock = LOCK.exec(line)?.groups;
    if (lock === undefined || !places.has(placeOf(lock.major, lock.minor, 16, lock.inode))) continue;
    const pid = Number(lock.pid);
    return { pid, command: textOf(`/proc/${pid}/comm`)?.trimEnd() ?? null };
  }
  return null;
}

/** A held flock, as in `1: FLOCK  ADVISORY  WRITE 4711 fd:01:131073 0 EOF`; waiting ones have an arrow. */
const LOCK =
  /^\d+: FLOCK +ADVISORY +WRITE +(?<pid>\d+) (?<major>[0-9a-f]+):(?<minor>[0-9a-f]+):(?<inode>\d+) /;

/**
 * The devices and inode by which the list may name the directory. It names the device of the file system;
 * `stat` names that of the subvolume on Btrfs, so the mount is looked up, too.
 */
function placesOf(directory: string): ReadonlySet<string> | null {
  let fd: number;
  try {
    fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return null;
  }
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    const places = new Set([`${majorOf(dev)}:${minorOf(dev)}:${ino}`]);
    const mountId = /^mnt_id:\s*(\d+)$/m.exec(textOf(`/proc/self/fdinfo/${fd}`) ?? '')?.[1];
    const mount = mountId === undefined ? null : mountOf(mountId);
    if (mount !== null) places.add(placeOf(mount.major, mount.minor, 10, String(ino)));
    return places;
  } finally {
    closeSync(fd);
  }
}

/** The device of a mount, in decimal. */
function mountOf(id: string): { readonly major: string; readonly minor: string } | null {
  const line = (textOf('/proc/self/mountinfo') ?? '').split('\n').find((one) => one.startsWith(`${id} `));
  const [major, minor] = line?.split(' ')[2]?.split(':') ?? [];
  return major === undefined || minor === undefined ? null : { major, minor };
}

function placeOf(
  major: string | undefined,
  minor: string | undefined,
  radix: number,
  inode: string | undefined,
): string {
  return `${Number.parseInt(major ?? '', radix)}:${Number.parseInt(minor ?? '', radix)}:${inode}`;
}

/** The encoding of a device number on Linux: 12 bits of the major and 20 of the minor are interleaved. */
function majorOf(dev: bigint): bigint {
  return ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
}

function minorOf(dev: bigint): bigint {
  return (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
