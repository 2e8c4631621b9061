import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/**
 * Sends JSON over connections that stay open. It costs less than fetch, so that the demo does not measure its
 * clients on a small machine.
 */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly url: string) {}

  /** @throws (rejects) if the connection ends before the answer does */
  async send(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const outgoing = request(this.url + path, {
      method,
      agent: this.agent,
      headers: { 'content-type': 'application/json' },
    });
    // Before the answer `once` handles an error, later the answer itself does. An error without a listener
    // would end the process.
    outgoing.on('error', () => undefined);
    outgoing.end(body === undefined ? '' : JSON.stringify(body));
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk as string;
    return { status: answer.statusCode ?? 0, body: JSON.parse(text) as HttpAnswer['body'] };
  }

  close(): void {
    this.agent.destroy();
  }
}
