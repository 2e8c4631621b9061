import type { HttpContestant, Platform } from './contestant.js';
import { submit, update } from './journal.js';
import { noOp } from './no-op.js';
import { ocoda } from './ocoda.js';
import { emmett, postgresPerRequest } from './postgres.js';
import { sqliteGroupCommit, sqlitePerRequest } from './sqlite.js';

export * from './contestant.js';
export { SUBMIT, UPDATE } from './journal.js';
export { NO_OP } from './no-op.js';

export const HTTP_CONTESTANTS: readonly HttpContestant[] = [
  noOp,
  submit,
  update,
  sqlitePerRequest,
  sqliteGroupCommit,
  postgresPerRequest,
  emmett,
  ocoda,
];

/** The name of a contestant behind a platform, in tables. */
export function label(name: string, platform: Platform): string {
  return `${name} (${platform === 'express' ? 'Express' : 'Fastify'})`;
}
