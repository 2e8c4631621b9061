import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { answerMatches, parseGuide } from '../packaging/fresh-app/quick-start.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { importGuide } from './import-guide.js';
import { emit, projectRoot, readSnippets, writeProgram } from './snippets.js';

const GUIDE = 'docs/guides/getting-started.md';

let running: ChildProcess | null = null;

/** The application of the guide, against the built package. */
async function start(directory: string, journal: string, port: number): Promise<void> {
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: directory,
    env: { ...process.env, PORT: String(port), JOURNAL_DIRECTORY: journal, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += String(data)));
  await until(() => {
    if (child.exitCode !== null) throw new Error(`it does not listen:\n${output}`);
    return answers(port);
  }, 'the application listens');
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const child = running;
  running = null;
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** As the guide says of SIGTERM: the process ends by itself, and cleanly. */
async function stopCleanly(): Promise<void> {
  const child = running;
  await stop('SIGTERM');
  expect([child?.exitCode, child?.signalCode]).toEqual([null, 'SIGTERM']);
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
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

afterAll(() => stop('SIGKILL'));

test('what the guide types has the answers that the guide shows, a kill in the middle included', async () => {
  const program = writeProgram(readSnippets(GUIDE));
  emit(program);
  const { steps } = parseGuide(readFileSync(join(projectRoot, GUIDE), 'utf8'));
  const journal = join(temporaryDirectory(), 'journal');
  const port = await freePort();
  let requests = 0;
  for (const step of steps) {
    if (step.kind === 'start') await start(program.directory, journal, port);
    if (step.kind === 'kill') await stop('SIGKILL');
    if (step.kind === 'stop') await stopCleanly();
    if (step.kind !== 'request') continue;
    requests += 1;
    const { url, ...init } = step.request;
    const { pathname } = new URL(url);
    const response = await fetch(`http://127.0.0.1:${port}${pathname}`, init);
    const body = await response.text();
    if (!answerMatches(step.expected, response.status, body)) {
      throw new Error(
        `${step.line}\nshould answer ${step.expected.join('\n')}\nand answers ${response.status} ${body}`,
      );
    }
  }
  expect(requests).toBe(5);
  expect(running).toBeNull();
}, 600_000);

// Its test without a disk.
await importGuide(GUIDE, ['src/positions.spec.ts']);
