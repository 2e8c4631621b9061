import { Agent, request as post, type IncomingMessage } from 'node:http';
import { closedLoop } from '../harness/loops.js';
import { depositsOf } from './deposits.js';
import type { LoadFigures, LoadRequest } from './load.js';

/** Makes requests with the client of Node.js, which is slower than autocannon. */
export async function nodeLoad({ port, connections, durationMs }: LoadRequest): Promise<LoadFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const bodies = Array.from({ length: connections }, (_, index) => depositsOf(index).map(toJson));
  let turn = 0;
  let failures = 0;
  const send = async (): Promise<void> => {
    // An account recurs only after many requests, so it never has two in flight.
    const of = bodies[turn % connections] ?? [];
    const body = of[Math.floor(turn / connections) % of.length] ?? '';
    turn += 1;
    const status = await statusOf(agent, port, body);
    if (status < 200 || status > 299) failures += 1;
  };
  try {
    const { entries, elapsedMs, latencies } = await closedLoop(connections, durationMs, send);
    return { requests: entries, failures, elapsedMs, latencies };
  } finally {
    agent.destroy();
  }
}

function toJson(value: object): string {
  return JSON.stringify(value);
}

function statusOf(agent: Agent, port: number, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    const sent = post({ agent, port, host: '127.0.0.1', method: 'POST', path: '/deposits', headers });
    sent.once('error', reject);
    sent.once('response', (answer: IncomingMessage) => {
      answer.once('error', reject);
      answer.once('end', () => resolve(answer.statusCode ?? 0));
      answer.resume();
    });
    sent.end(body);
  });
}
