import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';

const running = new Set<ChildProcess>();

export interface Child {
  readonly process: ChildProcess;
  /**
   * Resolves with the first line on stdout for which `matches` holds; rejects when the process ends before.
   */
  line(matches: string | RegExp): Promise<string>;
  /** Sends the signal and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Runs a module of the tests, against the built package, in a process of its own. */
export function startChild(
  url: URL,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Child {
  const child = spawn(process.execPath, [...nodeOptions, fileURLToPath(url), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  running.add(child);
  const lines: string[] = [];
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      for (const check of waiting) check();
    });
  }
  const exited = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  return {
    process: child,
    exited,
    line(matches) {
      return new Promise((resolve, reject) => {
        const check = (): void => {
          const found = lines.find((line) =>
            typeof matches === 'string' ? line === matches : matches.test(line),
          );
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
        void exited.then(({ code, signal }) => {
          check();
          reject(
            new Error(
              `the process ended (${code ?? signal}) before it said ${String(matches)}\n${lines.join('\n')}\n${stderr}`,
            ),
          );
        });
      });
    },
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await exited;
    },
  };
}

afterAll(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});
