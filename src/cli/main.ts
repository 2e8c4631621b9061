#!/usr/bin/env node
import { createRequire } from 'node:module';
import { EXIT } from './exit-codes.js';
import { runCli } from './run-cli.js';

const { version } = createRequire(import.meta.url)('nestjs-file-journal/package.json') as { version: string };

/** The other end of the pipe is closed. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // A second signal ends the process at once, even if the command is still working.
  process.once(name, () => ending.abort());
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (READER_GONE.has(error.code)) {
    // A reader such as `head` has enough: stop reading. The command still reports what it found.
    ending.abort();
    return;
  }
  // Not thrown: an uncaught error ends with the exit code for damage.
  process.stderr.write(`error: the output cannot be written: ${error.message}\n`);
  process.exit(EXIT.notReadable);
});
// A message that cannot be written must not change the exit code.
process.stderr.on('error', () => undefined);

process.exitCode = await runCli({
  args: process.argv.slice(2),
  version,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: ending.signal,
});
