import { fileURLToPath } from 'node:url';
import { ChildScript } from '../harness/child-script.js';
import type { HttpContestant, Place, Platform } from './contestant.js';

export type ServerRequest =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'bare'; readonly inFlight: number; readonly durationMs: number };

export type ServerReply =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'cpu'; readonly cpuUs: number }
  | { readonly kind: 'bare'; readonly calls: number; readonly cpuUs: number };

const SCRIPT = fileURLToPath(new URL('../run-http-server.js', import.meta.url));

/** A running application of a contestant. */
export interface HttpServer {
  readonly name: string;
  readonly platform: Platform;
  readonly port: number;
  /** CPU time of the process since its start. */
  cpuUs(): Promise<number>;
  /** Makes the same calls without HTTP. @returns the CPU time of one call */
  bareCpuUs(inFlight: number, durationMs: number): Promise<number>;
  close(): Promise<void>;
}

/** @throws (rejects) when the contestant is not installed or does not start */
export async function startServer(
  { name }: HttpContestant,
  platform: Platform,
  place: Place,
): Promise<HttpServer> {
  const child = new ChildScript<ServerRequest, ServerReply>(name, SCRIPT, [
    platform,
    name,
    JSON.stringify(place),
  ]);
  const ready = await child.reply();
  if (ready.kind !== 'ready') throw new Error(`${name} did not start`);
  return {
    name,
    platform,
    port: ready.port,
    async cpuUs() {
      const reply = await child.ask({ kind: 'cpu' });
      if (reply.kind !== 'cpu') throw new Error(`${name} reported no CPU time`);
      return reply.cpuUs;
    },
    async bareCpuUs(inFlight, durationMs) {
      const reply = await child.ask({ kind: 'bare', inFlight, durationMs });
      if (reply.kind !== 'bare') throw new Error(`${name} reported no outcome`);
      return reply.cpuUs / Math.max(1, reply.calls);
    },
    close: () => child.stop(),
  };
}
