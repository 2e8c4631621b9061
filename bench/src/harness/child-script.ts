import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The message that a script sends instead of an answer when it fails. */
export interface Failure {
  readonly kind: 'failed';
  readonly message: string;
  readonly code: unknown;
}

/** A bench script in its own process. It sends one message at its start, and one per request. */
export class ChildScript<TRequest extends object, TReply extends { readonly kind: string }> {
  private readonly child: ChildProcess;

  /** @param name for messages */
  constructor(
    private readonly name: string,
    script: string,
    parameters: readonly string[],
  ) {
    this.child = fork(script, [...parameters], {
      execArgv: ['--enable-source-maps'],
      serialization: 'advanced',
    });
  }

  /** Resolves with the next message. @throws (rejects) when the script failed or ended */
  async reply(): Promise<TReply> {
    const abort = new AbortController();
    const { child, name } = this;
    try {
      const [reply] = (await Promise.race([
        once(child, 'message', { signal: abort.signal }),
        once(child, 'exit', { signal: abort.signal }).then(([code, signal]: unknown[]) => {
          throw new Error(`${name} ended with ${String(signal ?? `exit code ${String(code)}`)}`);
        }),
      ])) as [TReply | Failure];
      if (isFailure(reply)) throw Object.assign(new Error(reply.message), { code: reply.code });
      return reply;
    } finally {
      abort.abort();
    }
  }

  ask(request: TRequest): Promise<TReply> {
    this.child.send(request);
    return this.reply();
  }

  /** Disconnects the script, which then ends. @throws (rejects) when it did not end properly */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    const [code] = (await exited) as unknown[];
    if (code !== 0) throw new Error(`${this.name} did not close`);
  }
}

function isFailure(reply: { readonly kind: string }): reply is Failure {
  return reply.kind === 'failed';
}

/**
 * Answers the requests of the parent in this process until it disconnects.
 * @param start resolves with the first message and with the function that answers
 */
export async function answerParent<TRequest, TReply extends object>(
  start: () => Promise<{
    readonly ready: TReply;
    readonly answer: (request: TRequest) => Promise<TReply> | TReply;
    readonly stop: () => Promise<void>;
  }>,
): Promise<void> {
  const disconnected = once(process, 'disconnect');
  try {
    const { ready, answer, stop } = await start();
    process.on('message', (request: TRequest) => {
      void (async () => send(await answer(request)))().catch(fail);
    });
    send(ready);
    await disconnected;
    await stop();
    process.exit();
  } catch (error) {
    fail(error);
    if (process.connected) process.disconnect();
  }
}

function send(message: object): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  const { message, code } = error as { message: string; code?: unknown };
  if (process.connected) send({ kind: 'failed', message, code } satisfies Failure);
  else throw error;
}
