import { PassThrough, Writable } from 'node:stream';
import { runCli } from '../../../src/cli/index.js';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  /** What the command reads from standard input. */
  readonly stdin?: string;
  /** Whether stdout and stderr are terminals. */
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Runs a command line of `file-journal` in this process. */
export async function run(...args: string[]): Promise<Ran> {
  return runWith({}, ...args);
}

export async function runWith(settings: RunSettings, ...args: string[]): Promise<Ran> {
  return startWith(settings, ...args).ended;
}

export interface Running {
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<Ran>;
}

/** Starts a command that runs until its signal is aborted. */
export function startWith(settings: RunSettings, ...args: string[]): Running {
  const { stdin = '', isTTY = false, env = {}, signal = new AbortController().signal } = settings;
  const input = new PassThrough();
  input.end(stdin);
  const stdout = new Capture(isTTY);
  const stderr = new Capture(isTTY);
  const running = runCli({ args, version: '0.0.0', stdin: input, stdout, stderr, env, signal });
  return {
    get stdout() {
      return stdout.text;
    },
    get stderr() {
      return stderr.text;
    },
    ended: running.then((exitCode) => ({ exitCode, stdout: stdout.text, stderr: stderr.text })),
  };
}

class Capture extends Writable {
  text = '';

  constructor(readonly isTTY: boolean) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
