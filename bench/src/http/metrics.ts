/** Names of the figures of the `http` bench. */
export const REQUESTS = 'requests';
export const SERVER_CPU = 'server, CPU time';
export const BARE_CPU = 'the call without HTTP, CPU time';
export const LOAD_BUSY = 'load generator, busy';
/** The name that `Latencies.record` gives it. */
export const LATENCY_P50 = 'latency p50';

/** Numbers of connections. The larger one comes first, because it warms up the processes. */
export const MANY = 64;
export const CONNECTIONS = [MANY, 1] as const;
