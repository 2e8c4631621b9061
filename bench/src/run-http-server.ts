/** One contestant of the `http` bench behind one platform: `run-http-server.js PLATFORM NAME PLACE`. */
import 'reflect-metadata';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { answerParent } from './harness/child-script.js';
import { cpuTimer } from './harness/cpu.js';
import { closedLoop } from './harness/loops.js';
import { HTTP_CONTESTANTS, type Place, type Platform } from './http/index.js';
import { depositsOf } from './http/deposits.js';
import type { ServerReply, ServerRequest } from './http/server-process.js';

const [platform = '', name = '', place = '{}'] = process.argv.slice(2);

await answerParent<ServerRequest, ServerReply>(async () => {
  const contestant = HTTP_CONTESTANTS.find((one) => one.name === name);
  if (contestant === undefined) throw new RangeError(`there is no contestant ${name}`);
  const { module, bare } = await contestant.open(JSON.parse(place) as Place);
  class BenchModule {}
  Module(module)(BenchModule);
  const app = await createApplication(platform as Platform, BenchModule);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const call = bare?.(app);
  return {
    ready: { kind: 'ready', port },
    async answer(request) {
      if (request.kind === 'cpu') return { kind: 'cpu', cpuUs: cpuUs() };
      if (call === undefined) throw new Error(`${name} has no call without HTTP`);
      const deposits = Array.from({ length: request.inFlight }, (_, index) => depositsOf(index)).flat();
      let next = 0;
      const callsUs = cpuTimer();
      const { entries } = await closedLoop(request.inFlight, request.durationMs, () => {
        next = (next + 1) % deposits.length;
        return call(deposits[next] as (typeof deposits)[number]);
      });
      return { kind: 'bare', calls: entries, cpuUs: callsUs() };
    },
    stop: () => app.close(),
  };
});

/** CPU time of this process since its start. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function createApplication(on: Platform, module: new () => object): Promise<INestApplication> {
  // Reports to the parent that the contestant does not start.
  const options = { abortOnError: false, logger: ['error', 'warn'] as ('error' | 'warn')[] };
  if (on === 'fastify') {
    const { FastifyAdapter } = await import('@nestjs/platform-fastify');
    return NestFactory.create(module, new FastifyAdapter(), options);
  }
  const { ExpressAdapter } = await import('@nestjs/platform-express');
  return NestFactory.create(module, new ExpressAdapter(), options);
}
