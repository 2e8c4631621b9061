/** An application as `nest new` makes it, in a directory of its own, with this package from its tarball. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { HttpRequest } from './curl.js';

const exec = promisify(execFile);
const START_TIMEOUT_MS = 300_000;

export interface AppKind {
  readonly nestMajor: 11 | 12;
  readonly moduleKind: 'esm' | 'commonjs';
  /** A range. */
  readonly typescript: string;
  /** False: mmap-io cannot be compiled while the application is installed. */
  readonly hasCompiler: boolean;
}

export class NestApp {
  readonly directory = mkdtempSync(join(tmpdir(), 'fresh-nest-app-'));
  private child: ChildProcess | null = null;
  private output = '';
  private port = 0;

  constructor(
    private readonly kind: AppKind,
    files: ReadonlyMap<string, string>,
  ) {
    for (const [path, content] of [...generatedFiles(kind), ...files]) this.write(path, content);
  }

  write(path: string, content: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  /** @param packages names or tarballs; a package of NestJS without a version gets the application's major. */
  async install(packages: readonly string[]): Promise<void> {
    const specs = packages.map((name) =>
      /^@nestjs\/[\w-]+$/.test(name) ? `${name}@${this.kind.nestMajor}` : name,
    );
    await this.run('npm', ['install', '--no-audit', '--no-fund', ...specs]);
  }

  /** With the compiler and the settings of the application. */
  async compile(...options: string[]): Promise<void> {
    await this.run(process.execPath, [
      'node_modules/typescript/bin/tsc',
      '-p',
      'tsconfig.build.json',
      ...options,
    ]);
  }

  /** Runs `node` in the application's directory. */
  async node(...args: string[]): Promise<string> {
    return this.run(process.execPath, args);
  }

  async start(): Promise<void> {
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
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.answers())) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        throw new Error(`the application does not listen on its port:\n${this.output}`);
      }
      await sleep(100);
    }
  }

  async kill(): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
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
    rmSync(this.directory, { recursive: true, force: true });
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
      const { stdout } = await exec(command, args, {
        cwd: this.directory,
        // Nothing of the process that runs the tests: its npm settings (npm_config_…) would reach the application's npm.
        env: {
          ...Object.fromEntries(
            Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_OPTIONS$|JEST_)/.test(name)),
          ),
          ...(this.kind.hasCompiler ? {} : { CC: '/bin/false', CXX: '/bin/false' }),
        },
        maxBuffer: 64 * 1024 * 1024,
      });
      return stdout;
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

/** What `nest new` writes, less what it does not need to run: linter, formatter, tests. */
function generatedFiles(kind: AppKind): Map<string, string> {
  const range = `^${kind.nestMajor}.0.0`;
  const manifest = {
    name: 'fresh-app',
    version: '0.0.1',
    private: true,
    ...(kind.moduleKind === 'esm' ? { type: 'module' } : {}),
    dependencies: {
      '@nestjs/common': range,
      '@nestjs/core': range,
      '@nestjs/platform-express': range,
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.1',
    },
    devDependencies: { '@types/express': '^5.0.0', '@types/node': '^22.10.7', typescript: kind.typescript },
  };
  const compilerOptions = {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    resolvePackageJsonExports: true,
    esModuleInterop: true,
    isolatedModules: true,
    declaration: true,
    removeComments: true,
    emitDecoratorMetadata: true,
    experimentalDecorators: true,
    allowSyntheticDefaultImports: true,
    target: 'ES2023',
    sourceMap: true,
    outDir: './dist',
    skipLibCheck: true,
    types: ['node'],
    ...(kind.nestMajor === 12
      ? { strict: true, strictPropertyInitialization: false }
      : {
          baseUrl: './',
          strictNullChecks: true,
          forceConsistentCasingInFileNames: true,
          noImplicitAny: false,
          strictBindCallApply: false,
          noFallthroughCasesInSwitch: false,
        }),
  };
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ['package.json', json(manifest)],
    ['tsconfig.json', json({ compilerOptions })],
    [
      'tsconfig.build.json',
      json({
        extends: './tsconfig.json',
        compilerOptions: { rootDir: './src' },
        include: ['src'],
        exclude: ['dist'],
      }),
    ],
    [
      'src/main.ts',
      `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
`,
    ],
  ]);
}
