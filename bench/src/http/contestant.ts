import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { Deposit } from './deposits.js';

export const PLATFORMS = ['express', 'fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** Where a contestant stores its data: an empty directory and a PostgreSQL database, both of its own. */
export interface Place {
  readonly directory: string;
  readonly postgres: PostgresAddress | undefined;
}

/** Connection of `pg`, through a Unix socket in `host`. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** An application whose `POST /deposits` does one thing. */
export interface HttpContestant {
  readonly name: string;
  readonly needsPostgres: boolean;
  /** @throws when it is not installed or does not start */
  open(place: Place): Promise<HttpApplication>;
}

export interface HttpApplication {
  readonly module: ModuleMetadata;
  /** The same call without HTTP, for the CPU time of the call alone. */
  bare?(app: INestApplication): (deposit: Deposit) => Promise<unknown>;
}
