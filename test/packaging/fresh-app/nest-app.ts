/** An application that `nest new` made, in a directory of its own, with this package from its tarball. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { HttpRequest } from './curl.js';
import { until } from '../../support/until.js';

const exec = promisify(execFile);

export interface AppKind {
  readonly nestMajor: 11 | 12;
  /** False: mmap-io cannot be compiled while the application is installed. */
  readonly hasCompiler: boolean;
}

export class NestApp {
  private readonly parent = mkdtempSync(join(tmpdir(), 'fresh-nest-app-'));
  readonly directory = join(this.parent, 'app');
  private child: ChildProcess | null = null;
  private output = '';
  private port = 0;

  private constructor(private readonly kind: AppKind) {}

  /** As the CLI of that major makes it, with what it depends on installed. */
  static async create(kind: AppKind): Promise<NestApp> {
    const app = new NestApp(kind);
    mkdirSync(app.directory);
    try {
      const cli = `@nestjs/cli@${kind.nestMajor}`;
      const options = ['--skip-git', '--skip-install', '--package-manager', 'npm'];
      await app.run('npx', ['--yes', cli, 'new', 'app', ...options, '--directory', '.']);
      await app.install([]);
      return app;
    } catch (error) {
      await app[Symbol.asyncDispose]();
      throw error;
    }
  }

  get nestMajor(): 11 | 12 {
    return this.kind.nestMajor;
  }

  write(path: string, content: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  remove(path: string): void {
    rmSync(join(this.directory, path), { recursive: true, force: true });
  }

  /** @param packages names, with or without a version, or tarballs */
  async install(packages: readonly string[]): Promise<void> {
    await this.run('npm', ['install', '--no-audit', '--no-fund', ...packages]);
  }

  /** Runs a line as the reader's shell would. @returns what it prints */
  async shell(line: string): Promise<string> {
    return this.run('sh', ['-ec', line]);
  }

  async start(): Promise<void> {
    if (this.child !== null) throw new Error('the application is running already');
    this.port = await freePort();
    this.output = '';
    const child = spawn(process.execPath, ['dist/main.js'], {
      cwd: this.directory,
      env: { ...process.env, NODE_OPTIONS: '', PORT: String(this.port), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    await until(() => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the application does not listen on its port:\n${this.output}`);
      return this.answers();
    }, 'the application listens on its port');
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** To the port of this application, whatever the address says. */
  async request({ url, method, headers, body }: HttpRequest): Promise<{ status: number; body: string }> {
    const { pathname, search } = new URL(url);
    const response = await fetch(`http://127.0.0.1:${this.port}${pathname}${search}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, body: await response.text() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.parent, { recursive: true, force: true });
  }

  private async answers(): Promise<boolean> {
    try {
      await fetch(`http://127.0.0.1:${this.port}/`);
      return true;
    } catch {
      return false;
    }
  }

  private async run(command: string, args: string[]): Promise<string> {
    try {
      const { stdout, stderr } = await exec(command, args, {
        cwd: this.directory,
        // Nothing of the process that runs the tests: its npm settings (npm_config_…) would reach the
        // application's npm.
        env: {
          ...Object.fromEntries(
            Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_OPTIONS$|JEST_)/.test(name)),
          ),
          NO_COLOR: '1',
          ...(this.kind.hasCompiler ? {} : { CC: '/bin/false', CXX: '/bin/false' }),
        },
        maxBuffer: 64 * 1024 * 1024,
      });
      return `${stdout}${stderr}`;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
