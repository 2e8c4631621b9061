#!/usr/bin/env node
import { createRequire } from 'node:module';
import { EXIT } from './exit-codes.js';
import { runCli } from './run-cli.js';

const { version } = createRequire(import.meta.url)('nestjs-file-journal/package.json') as { version: string };

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // A second signal ends the process at once, whatever the command still does.
  process.once(name, () => ending.abort());
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has closed the pipe, as `head` does: it has what it wanted.
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

process.exitCode = await runCli({
  args: process.argv.slice(2),
  version,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: ending.signal,
});
