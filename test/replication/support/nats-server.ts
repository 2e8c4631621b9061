/** Real nats-servers in processes of their own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { until } from '../../support/until.js';

/** From `NATS_SERVER`, the path, or the folder of `go install`. `.ci/run` installs one. */
export const NATS_SERVER = findServer();

/** Why a test with servers cannot run; null if it can. */
export const WITHOUT_NATS =
  NATS_SERVER === null ? 'nats-server: go install github.com/nats-io/nats-server/v2@v2.14.5' : null;

function findServer(): string | null {
  const places = [process.env['NATS_SERVER'], join(homedir(), 'go/bin/nats-server'), 'nats-server'];
  for (const place of places) {
    if (place !== undefined && spawnSync(place, ['--version']).status === 0) return place;
  }
  return null;
}

export interface NatsServer {
  readonly url: string;
  readonly monitorUrl: string;
  start(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops the process without ending it, and lets it go on. */
  signal(signal: NodeJS.Signals): void;
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a cluster; one server is a cluster of its own, without routes. */
export async function startCluster(size: number): Promise<NatsServer[]> {
  const ports = await freePorts(size * 3);
  const routes = Array.from({ length: size }, (_, index) => `nats://127.0.0.1:${ports[index * 3 + 1]}`);
  const servers = Array.from({ length: size }, (_, index) => {
    const [client = 0, cluster = 0, monitor = 0] = ports.slice(index * 3);
    return prepareServer(`n${index}`, client, cluster, monitor, size > 1 ? routes : []);
  });
  await Promise.all(servers.map((server) => server.start()));
  return servers;
}

function prepareServer(
  name: string,
  clientPort: number,
  clusterPort: number,
  monitorPort: number,
  routes: readonly string[],
): NatsServer {
  const directory = temporaryDirectory('nats-');
  const storeDirectory = join(directory, 'store');
  if (!existsSync(storeDirectory)) mkdirSync(storeDirectory);
  const configuration = join(directory, 'server.conf');
  const cluster =
    routes.length === 0
      ? ''
      : `cluster { name: test, listen: "127.0.0.1:${clusterPort}", routes: [${routes.map((url) => JSON.stringify(url)).join(', ')}] }`;
  writeFileSync(
    configuration,
    `server_name: ${name}\nlisten: "127.0.0.1:${clientPort}"\nhttp: "127.0.0.1:${monitorPort}"\n` +
      `jetstream { store_dir: ${JSON.stringify(storeDirectory)}, max_file_store: 4G, sync_interval: always }\n${cluster}\n`,
  );
  const monitorUrl = `http://127.0.0.1:${monitorPort}`;
  let child: ChildProcess | null = null;
  return {
    url: `nats://127.0.0.1:${clientPort}`,
    monitorUrl,
    async start() {
      child = spawn(NATS_SERVER ?? 'nats-server', ['--config', configuration], { stdio: 'ignore' });
      running.add(child);
      await until(async () => (await isHealthy(monitorUrl)) === true);
    },
    async kill(signal = 'SIGKILL') {
      if (child === null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
      running.delete(child);
      child = null;
    },
    signal(signal) {
      child?.kill(signal);
    },
  };
}

async function isHealthy(monitorUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${monitorUrl}/healthz`)).ok;
  } catch {
    return false;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
