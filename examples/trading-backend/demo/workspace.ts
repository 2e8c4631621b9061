import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The directory and the child processes of the demo. Both are removed when this process ends, in any way but
 * SIGKILL.
 */
export class Workspace {
  readonly directory = mkdtempSync(join(tmpdir(), 'file-journal-demo-'));
  private readonly children = new Set<ChildProcess>();
  private readonly watchdog: NodeJS.Timeout;

  constructor(timeoutMs: number) {
    // `exit` handlers must be synchronous. They run after process.exit(), after an uncaught error and at the
    // regular end.
    process.once('exit', () => this.clear());
    process.once('SIGINT', () => process.exit(130));
    process.once('SIGTERM', () => process.exit(143));
    this.watchdog = setTimeout(() => {
      console.error(`\nThe demo gave up after ${timeoutMs / 1_000} s.`);
      process.exit(1);
    }, timeoutMs);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  adopt(child: ChildProcess): void {
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
  }

  /** Stops the time limit of the demo. */
  close(): void {
    clearTimeout(this.watchdog);
  }

  private clear(): void {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Returns the path of a file of the project, from the place of the compiled demo in it. */
export function projectFile(path: string): string {
  let directory = import.meta.dirname;
  while (!isProjectRoot(directory)) {
    const parent = dirname(directory);
    if (parent === directory)
      throw new Error(`the demo was moved out of its project, so there is no ${path}`);
    directory = parent;
  }
  return join(directory, path);
}

function isProjectRoot(directory: string): boolean {
  const manifest = join(directory, 'package.json');
  if (!existsSync(manifest)) return false;
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'nestjs-file-journal';
}
