import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/**
 * JSON over connections that stay open. Cheaper than fetch: on a small machine the clients should not be what
 * the demo measures.
 */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly url: string) {}

  /** @throws (rejects) when the connection ends before the answer does */
  async send(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const outgoing = request(this.url + path, {
      method,
      agent: this.agent,
      headers: { 'content-type': 'application/json' },
    });
    // Before the answer `once` hears of it, later the answer itself; but an error that nobody listens to ends
    // the process.
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
