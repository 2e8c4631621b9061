import type { Bench } from './bench.js';

export type { Bench } from './bench.js';

/** The benches in order. The process that runs a bench loads it, because most need no Nest. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  http: async () => (await import('./http.js')).http,
  append: async () => (await import('./append.js')).append,
  cost: async () => (await import('./cost.js')).cost,
  update: async () => (await import('./update.js')).update,
  submit: async () => (await import('./submit.js')).submit,
  latency: async () => (await import('./latency.js')).latency,
  encode: async () => (await import('./encode.js')).encode,
  read: async () => (await import('./read.js')).read,
  replay: async () => (await import('./replay.js')).replay,
  start: async () => (await import('./start.js')).start,
  projections: async () => (await import('./projections.js')).projections,
  memory: async () => (await import('./memory.js')).memory,
  state: async () => (await import('./state.js')).state,
  instances: async () => (await import('./instances.js')).instances,
  rotation: async () => (await import('./rotation.js')).rotation,
  open: async () => (await import('./open.js')).open,
  soak: async () => (await import('./soak.js')).soak,
};

/** Takes an hour, so it runs only if the command names it. */
export const SOAK = 'soak';
