import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Values of f_type in statfs(2) on Linux. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext2/3/4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs',
  0x794c7630: 'overlayfs',
  0x2fc12fc1: 'zfs',
  0xf2f52010: 'f2fs',
  0x6969: 'nfs',
};

export function fileSystemOf(directory: string): string {
  const { type } = statfsSync(directory);
  return FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`;
}

/** A new directory below BENCH_DIRECTORY, by default the system's directory for temporary files. */
export function makeWorkspace(env: NodeJS.ProcessEnv = process.env): string {
  const parent = env['BENCH_DIRECTORY'] ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, 'journal-bench-'));
}

/** A new directory in `workspace`, for one contestant. */
export function subdirectory(workspace: string, name: string): string {
  return mkdtempSync(join(workspace, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-`));
}

export function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
