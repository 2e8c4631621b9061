/**
 * Requests of a Nest application, behind Express and Fastify: the cost that a durable write adds to a handler
 * that does nothing. The server and the load generator are processes of this machine and share its cores.
 */
import { FLOORS, FLOOR_THREAD_POOL, isolated, openAll, type IsolatedAppender } from '../contestants/index.js';
import { inRounds } from '../harness/rounds.js';
import { subdirectory } from '../harness/workspace.js';
import { HTTP_CONTESTANTS, PLATFORMS, SUBMIT, UPDATE, label, type Platform } from '../http/index.js';
import { startLoadGenerator, type LoadGenerator } from '../http/load-process.js';
import { BARE_CPU, CONNECTIONS, LOAD_BUSY, MANY, REQUESTS, SERVER_CPU } from '../http/metrics.js';
import { startPostgres, type PostgresCluster } from '../http/postgres-cluster.js';
import { startServer, type HttpServer } from '../http/server-process.js';
import { addHttpTargets } from '../http/targets.js';
import type { Bench, BenchContext } from './bench.js';

/**
 * A new process compiles its code: V8 needs a second of CPU time for a framework and a journal, about 15,000
 * requests.
 */
const WARM_UP_FRACTION = 6;

export const http: Bench = async (context) => {
  const { figures, plan } = context;
  figures.notes.push('http: the server, the load generator and PostgreSQL share the cores of the machine');
  const servers: HttpServer[] = [];
  let postgres: PostgresCluster | null = null;
  let load: LoadGenerator | null = null;
  try {
    postgres = await openPostgres(context);
    load = await startLoadGenerator();
    if (!load.isAutocannon)
      figures.notes.push('http: autocannon is not installed; the client of Node.js made the requests');
    for (const platform of PLATFORMS) servers.push(...(await openServers(context, platform, postgres)));
    const floors = await openFloor(context);
    for (const connections of CONNECTIONS) {
      const durationMs = plan.sliceMs * (connections === MANY ? WARM_UP_FRACTION : 1);
      for (const { port } of servers) await load.run({ port, connections, durationMs });
      await measure(context, servers, connections === 1 ? floors : [], load, connections);
    }
    for (const floor of floors) await floor.close();
    await measureBare(context, servers);
    for (const platform of PLATFORMS) addHttpTargets(figures, platform);
  } finally {
    for (const server of servers) await server.close();
    await load?.close();
    await postgres?.stop();
  }
};

/** @param floors times of one sync, in the same rounds as the requests that wait for one */
async function measure(
  { plan, figures }: BenchContext,
  servers: readonly HttpServer[],
  floors: readonly IsolatedAppender[],
  load: LoadGenerator,
  connections: number,
): Promise<void> {
  const serverTurn = (server: HttpServer) => async (): Promise<void> => {
    const name = label(server.name, server.platform);
    const cpuBeforeUs = await server.cpuUs();
    const outcome = await load.run({ port: server.port, connections, durationMs: plan.sliceMs });
    const cpuUs = (await server.cpuUs()) - cpuBeforeUs;
    const { requests, elapsedMs, latencies } = outcome;
    figures.record(REQUESTS, 'requests/s', name, connections, (requests / elapsedMs) * 1000);
    figures.record(SERVER_CPU, 'µs/request', name, connections, cpuUs / requests);
    figures.record(LOAD_BUSY, 'of a core', name, connections, outcome.cpuUs / 1000 / elapsedMs);
    latencies.record(figures, name, connections);
  };
  const floorTurn = (floor: IsolatedAppender) => async (): Promise<void> => {
    const { latencies } = await floor.run(1, plan.sliceMs);
    latencies.record(figures, floor.name, 1);
  };
  const turns = [...servers.map(serverTurn), ...floors.map(floorTurn)];
  await inRounds(plan.rounds, turns, (turn) => turn());
}

/** The calls of this package alone, in the processes of the servers. */
async function measureBare({ plan, figures }: BenchContext, servers: readonly HttpServer[]): Promise<void> {
  const bare = servers.filter(({ name }) => name === SUBMIT || name === UPDATE);
  for (const server of bare) await server.bareCpuUs(MANY, plan.sliceMs);
  await inRounds(plan.rounds, bare, async (server) => {
    const cpuUs = await server.bareCpuUs(MANY, plan.sliceMs);
    figures.record(BARE_CPU, 'µs/call', label(server.name, server.platform), MANY, cpuUs);
  });
}

async function openPostgres({ plan, workspace, figures }: BenchContext): Promise<PostgresCluster | null> {
  const skip = (reason: string): null => {
    for (const { name, needsPostgres } of HTTP_CONTESTANTS)
      if (needsPostgres) figures.skipped.push({ contestant: name, reason });
    return null;
  };
  if (plan.smoke) return skip('a smoke run starts no PostgreSQL');
  try {
    const cluster = await startPostgres(workspace);
    figures.notes.push(`http: PostgreSQL ${cluster.version}`);
    return cluster;
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return skip(reason);
  }
}

function openServers(
  { workspace, figures }: BenchContext,
  platform: Platform,
  postgres: PostgresCluster | null,
): Promise<HttpServer[]> {
  const openings = HTTP_CONTESTANTS.filter(({ needsPostgres }) => postgres !== null || !needsPostgres).map(
    (contestant, index) => ({
      name: contestant.name,
      open: (directory: string) =>
        startServer(contestant, platform, {
          directory,
          postgres: contestant.needsPostgres ? postgres?.createDatabase(`${platform}_${index}`) : undefined,
        }),
    }),
  );
  return openAll(openings, (name) => subdirectory(workspace, name), figures.skipped);
}

function openFloor({ workspace, figures }: BenchContext): Promise<IsolatedAppender[]> {
  const floors = FLOORS.filter(({ name }) => name === FLOOR_THREAD_POOL).map((floor) => isolated(floor, [1]));
  return openAll(floors, (name) => subdirectory(workspace, name), figures.skipped);
}
