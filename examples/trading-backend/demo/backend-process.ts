import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Workspace } from './workspace.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** How a backend started. */
export interface Startup {
  /** The time from the start of the process to the first request that it can serve. */
  readonly readyMs: number;
  /** The number of commands in the journal. */
  readonly journaled: number;
  /** The number of commands that were executed again; a snapshot covered the others. */
  readonly replayed: number;
  readonly replayMs: number;
  readonly recovery: string;
  /** What the backend logged about its replay. */
  readonly progress: readonly string[];
}

interface Health {
  readonly journal: { readonly lastSequence: string | null; readonly recovery: string };
  readonly replay: { readonly replayed: number; readonly elapsedMs: number } | null;
}

/** The backend of ../src in its own process. */
export class BackendProcess {
  private constructor(
    readonly url: string,
    readonly startup: Startup,
    private readonly child: ChildProcess,
  ) {}

  /** @throws (rejects) with the output of the process if it ends before it listens */
  static async start(workspace: Workspace, settings: Record<string, string>): Promise<BackendProcess> {
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
      env: { ...process.env, NO_COLOR: '1', HOST: '127.0.0.1', PORT: '0', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    workspace.adopt(child);
    const log: string[] = [];
    const url = await listeningUrl(child, log);
    const readyMs = performance.now() - startedAt;
    const { journal, replay } = await getJson<Health>(`${url}/health`);
    const startup = {
      readyMs,
      journaled: journal.lastSequence === null ? 0 : Number(journal.lastSequence) + 1,
      replayed: replay?.replayed ?? 0,
      replayMs: replay?.elapsedMs ?? 0,
      recovery: journal.recovery,
      progress: log.flatMap((line) => /\[ReplayService\] (?:journal "\w+": )?(.*)/.exec(line)?.[1] ?? []),
    };
    return new BackendProcess(url, startup, child);
  }

  /** Kills the process like a power cut: no handler runs, and nothing more is written. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Asks the process to stop. @returns its signal or exit code */
  async stop(): Promise<string> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
    return signal ?? String(code);
  }

  get<T>(path: string): Promise<T> {
    return getJson<T>(this.url + path);
  }
}

export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`GET ${url} was answered with ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Reads the log up to the line with the address. */
function listeningUrl(child: ChildProcess, log: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        log.push(line);
        const url = / trades at (http:\S+),/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
    child.once('error', reject);
    child.once('close', () => reject(new Error(`the backend did not come up:\n${log.join('\n')}`)));
  });
}
