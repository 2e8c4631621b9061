// Shared by the scripts that run other commands and stop at the first failure.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './compiler.mjs';

/**
 * Runs a command in the project's directory and shows its output. If the command fails, ends this process
 * with its status.
 */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: projectRoot, stdio: 'inherit', ...options });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new CommandFailure(`${command} ${args.join(' ')}`, result.status ?? 1);
}

/** Runs `npm ci` in a directory if its lock file is newer than its installed packages. */
export function installIfStale(directory) {
  const installed = join(directory, 'node_modules/.package-lock.json');
  const lock = join(directory, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  run('npm', ['ci'], { cwd: directory });
}

class CommandFailure extends Error {
  constructor(command, status) {
    super(`${command} ended with status ${status}`);
    this.name = 'CommandFailure';
    this.stack = `${this.name}: ${this.message}`;
    process.exitCode = status;
  }
}
